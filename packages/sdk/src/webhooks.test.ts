import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { webhooks, WebhookVerificationError, type EvergateEvent } from "./index.ts";
import { verifyWebhook, type WebhookRequest } from "./webhooks.ts";
import { listen } from "./testing/listen.ts";

const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const otherSecret = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
const id = "evt_01m9fh5nt0e34s1f9fjkgqeren";
const now = new Date("2026-11-24T09:00:00Z");
const body = JSON.stringify({
  type: "bill.issued",
  timestamp: "2026-12-01T00:00:00Z",
  data: { id: "bill_1", net: "50.00", name: "Žofia ☕" },
  delivery: { endpoint: "wh_01m86d3dj0fhrrs8thyv5t4a1p", sequence: 7 },
});
const event = { ...JSON.parse(body), id };

function sign(
  text: string = body,
  { key = secret, at = now, as = id } = {},
): Record<string, string> {
  return {
    "webhook-id": as,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(key).sign(as, at, text),
  };
}

function post(text: string = body, headers: Record<string, string> = sign(text)): Request {
  return new Request("https://hooks.example.com/evergate", { method: "POST", body: text, headers });
}

async function reasonOf(
  delivery: WebhookRequest,
  key: string | readonly string[] = secret,
  maxBodyBytes?: number,
): Promise<string> {
  const error: unknown = await verifyWebhook(delivery, key, { maxBodyBytes }).then(
    () => new Error("It was accepted."),
    (reason: unknown) => reason,
  );
  if (!(error instanceof WebhookVerificationError)) throw error;
  expect(error.message).not.toContain(secret.slice(6));
  return error.reason;
}

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a delivery that is Evergate's", () => {
  test("the vector of Standard Webhooks' specification is verified", async () => {
    // https://github.com/standard-webhooks/standard-webhooks, the vector of its reference implementations
    vi.setSystemTime(1_614_265_330_000);
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    // Its signature fits; only then is it seen to be no event of Evergate.
    expect(
      await reasonOf(
        { headers, body: '{"test": 2432232314}' },
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      ),
    ).toBe("body_malformed");
    expect(
      await reasonOf(
        { headers, body: '{"test": 2432232315}' },
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      ),
    ).toBe("signature_wrong");
  });

  const bytes = new TextEncoder().encode(body);
  test.each<[string, () => WebhookRequest]>([
    ["a Fetch Request", () => post()],
    ["headers of Fetch and text", () => ({ headers: new Headers(sign()), body })],
    ["a plain object and text", () => ({ headers: sign(), body })],
    [
      "names in other case",
      () => ({
        headers: Object.fromEntries(
          Object.entries(sign()).map(([name, value]) => [name.toUpperCase(), value]),
        ),
        body,
      }),
    ],
    [
      "values in lists, as of an API gateway",
      () => ({
        headers: Object.fromEntries(Object.entries(sign()).map(([name, value]) => [name, [value]])),
        body,
      }),
    ],
    ["a Buffer, as of express.raw()", () => ({ headers: sign(), body: Buffer.from(body) })],
    ["a Uint8Array", () => ({ headers: sign(), body: bytes })],
    ["an ArrayBuffer", () => ({ headers: sign(), body: bytes.slice().buffer })],
    [
      "a part of a larger buffer",
      () => ({ headers: sign(), body: new Uint8Array([0, ...bytes, 0]).subarray(1, -1) }),
    ],
    [
      "a stream without async iteration",
      () => ({ headers: sign(), body: withoutIteration(post().body) }),
    ],
  ])("is verified: %s", async (_, make) => {
    expect(await verifyWebhook(make(), secret)).toEqual(event);
    expect(await webhooks.verify(make(), [otherSecret, secret])).toEqual(event);
  });

  test("is verified: a request of node:http, whose body is read", async () => {
    vi.useRealTimers();
    const outcome = Promise.withResolvers<EvergateEvent>();
    const url = await listen((request, response) => {
      verifyWebhook(request, secret).then(outcome.resolve, outcome.reject);
      response.end();
    });
    await fetch(url, {
      method: "POST",
      body,
      headers: sign(body, { at: new Date() }),
    });
    expect(await outcome.promise).toEqual(event);
  });

  test("one of several signatures is enough, unknown versions are passed over", async () => {
    const headers = sign();
    headers["webhook-signature"] = `v1a,AAAA v1,AAAA nonsense ${headers["webhook-signature"]}`;
    expect(await verifyWebhook({ headers, body }, secret)).toEqual(event);
  });

  test("an unknown type passes, and an id in the body gives way to the one that was signed", async () => {
    const later = JSON.stringify({
      id: "evt_forged",
      type: "moon.rose",
      timestamp: "2026-12-01T00:00:00Z",
      data: {},
      delivery: { endpoint: "wh_01m86d3dj0fhrrs8thyv5t4a1p", sequence: 8 },
    });
    expect(await verifyWebhook(post(later), secret)).toMatchObject({ id, type: "moon.rose" });
  });

  test("its type tells what its data is", async () => {
    const verified = await verifyWebhook(post(), secret);
    if (verified.type === "subscription.paused")
      expectTypeOf(verified.data.activationCode).toEqualTypeOf<string>();
    if (verified.type === "bill.issued") expectTypeOf(verified.data.total).toEqualTypeOf<string>();
    if (verified.type === "charge.created")
      expectTypeOf(verified.data.sequence).toEqualTypeOf<number>();
    expectTypeOf(verified.delivery.sequence).toEqualTypeOf<number>();
    expectTypeOf(verified.id).toEqualTypeOf<string>();
  });
});

describe("a delivery that may not be Evergate's", () => {
  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"])(
    "header_missing without %s, also where svix- has it",
    async (name) => {
      const { [name]: value, ...rest } = sign();
      expect(await reasonOf({ headers: rest, body })).toBe("header_missing");
      expect(
        await reasonOf({
          headers: { ...rest, [name.replace("webhook", "svix")]: value ?? "" },
          body,
        }),
      ).toBe("header_missing");
      expect(await reasonOf(post(body, rest))).toBe("header_missing");
    },
  );

  test("a foreign webhook-id beside a verified svix-id is not trusted", async () => {
    const signed = sign();
    const svix = Object.fromEntries(
      Object.entries(signed).map(([name, value]) => [name.replace("webhook", "svix"), value]),
    );
    expect(
      await reasonOf({ headers: { ...svix, ...signed, "webhook-id": "evt_other" }, body }),
    ).toBe("signature_wrong");
  });

  test.each<[string, Record<string, string | string[]>]>([
    ["an id twice", { "Webhook-Id": id }],
    ["an id in a list of two", { "webhook-id": [id, id] }],
    ["an id with a dot", { "webhook-id": `${id}.1` }],
    ["an id without end", { "webhook-id": "e".repeat(1000) }],
    ["a timestamp that is no number", { "webhook-timestamp": "1700000000abc" }],
    ["a negative timestamp", { "webhook-timestamp": "-1" }],
    ["a timestamp of milliseconds and more", { "webhook-timestamp": "9".repeat(16) }],
    ["signatures without end", { "webhook-signature": "v1,A ".repeat(10_000) }],
  ])("header_malformed with %s", async (_, headers) => {
    expect(await reasonOf({ headers: { ...sign(), ...headers }, body })).toBe("header_malformed");
  });

  test.each([
    ["another secret", { headers: sign(body, { key: otherSecret }), body }],
    ["another body", { headers: sign(), body: `${body} ` }],
    ["another id", { headers: { ...sign(), "webhook-id": "evt_other" }, body }],
    [
      "another time",
      { headers: { ...sign(), "webhook-timestamp": String(now.getTime() / 1000 + 1) }, body },
    ],
    [
      "a signature of another version",
      {
        headers: {
          ...sign(),
          "webhook-signature": sign()["webhook-signature"]!.replace("v1,", "v2,"),
        },
        body,
      },
    ],
    [
      "a signature without a version",
      { headers: { ...sign(), "webhook-signature": sign()["webhook-signature"]!.slice(3) }, body },
    ],
    [
      "an empty signature of version 1",
      { headers: { ...sign(), "webhook-signature": "v1" }, body },
    ],
  ])("signature_wrong with %s", async (_, delivery) => {
    expect(await reasonOf(delivery)).toBe("signature_wrong");
  });

  test("five minutes are tolerated either way, and no second more", async () => {
    const at = (seconds: number): WebhookRequest => ({
      headers: sign(body, { at: new Date(now.getTime() + seconds * 1000) }),
      body,
    });
    expect(await verifyWebhook(at(-300), secret)).toEqual(event);
    expect(await verifyWebhook(at(300), secret)).toEqual(event);
    expect(await reasonOf(at(-301))).toBe("timestamp_too_old");
    expect(await reasonOf(at(301))).toBe("timestamp_too_new");
  });
});

describe("a body that cannot be taken", () => {
  test("body_used: a Fetch Request that was read", async () => {
    const request = post();
    await request.json();
    expect(await reasonOf(request)).toBe("body_used");
  });

  test.each([{ type: "bill.issued" }, [], 7, true])("body_parsed: %j", async (parsed) => {
    expect(await reasonOf({ headers: sign(), body: parsed })).toBe("body_parsed");
  });

  test.each([
    ["there is none", { headers: sign() }],
    ["it is null", { headers: sign(), body: null }],
    ["it is not UTF-8", { headers: sign(), body: new Uint8Array([0xff, 0xfe]) }],
    [
      "it breaks off",
      {
        headers: sign(),
        body: new ReadableStream({ start: (controller) => controller.error(new Error("reset")) }),
      },
    ],
    [
      "it streams something else",
      {
        headers: sign(),
        body: new ReadableStream({ start: (controller) => controller.enqueue(7) }),
      },
    ],
  ])("body_unreadable: %s", async (_, delivery) => {
    expect(await reasonOf(delivery)).toBe("body_unreadable");
  });

  test("body_too_large: as text, as bytes, and as a stream without end, of which little is read", async () => {
    let pulled = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    expect(await reasonOf({ headers: sign(), body: "x".repeat(5_242_881) })).toBe("body_too_large");
    expect(await reasonOf({ headers: sign(), body: new Uint8Array(5_242_881) })).toBe(
      "body_too_large",
    );
    expect(await reasonOf({ headers: sign(), body: endless })).toBe("body_too_large");
    expect(pulled).toBeLessThan(90);
    const length = new TextEncoder().encode(body).byteLength;
    expect(await reasonOf({ headers: sign(), body }, secret, length - 1)).toBe("body_too_large");
    expect(
      await verifyWebhook({ headers: sign(), body }, secret, { maxBodyBytes: length }),
    ).toEqual(event);
  });

  test.each([
    "",
    "null",
    "7",
    '"text"',
    "[]",
    "{}",
    "{",
    '{"type":1,"timestamp":"2026-12-01T00:00:00Z","data":{}}',
    '{"type":"a","timestamp":"2026-12-01T00:00:00Z","data":null}',
    '{"type":"a","timestamp":"2026-12-01T00:00:00Z","data":{}}',
    '{"type":"a","timestamp":"2026-12-01T00:00:00Z","data":{},"delivery":{"endpoint":"wh_1"}}',
    '{"type":"a","timestamp":"2026-12-01T00:00:00Z","data":{},"delivery":{"endpoint":"wh_1","sequence":1.5}}',
    '{"type":"a","timestamp":"2026-12-01T00:00:00Z","data":{"__proto__":{"isAdmin":true}},"delivery":{"endpoint":"wh_1","sequence":1}}',
    '{"type":"a","timestamp":"2026-12-01T00:00:00Z","data":{},"delivery":{"endpoint":"wh_1","sequence":1},"\\u005f_proto__":{}}',
    `{"type":"a","timestamp":"2026-12-01T00:00:00Z","data":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  ])("body_malformed, though signed: %.60s", async (text) => {
    expect(await reasonOf({ headers: sign(text), body: text })).toBe("body_malformed");
  });
});

describe("the endpoint that a delivery was meant for", () => {
  const endpoint = "wh_01m86d3dj0fhrrs8thyv5t4a1p";

  test.each([
    { expectedEndpoint: endpoint },
    { expectedEndpoint: [endpoint] },
    { expectedEndpoint: ["wh_other", endpoint] },
  ])("is one of $expectedEndpoint", async (options) => {
    expect(await verifyWebhook(post(), secret, options)).toEqual(event);
  });

  test.each([
    { expectedEndpoint: "" },
    { expectedEndpoint: "wh_other" },
    { expectedEndpoint: ["wh_other", ""] },
  ])("is none of $expectedEndpoint: endpoint_wrong", async (options) => {
    await expect(verifyWebhook(post(), secret, options)).rejects.toMatchObject({
      reason: "endpoint_wrong",
    });
  });

  test("endpoint_not_given where there is none in the list", async () => {
    await expect(verifyWebhook(post(), secret, { expectedEndpoint: [] })).rejects.toMatchObject({
      reason: "endpoint_not_given",
    });
  });
});

describe("a secret that cannot be used", () => {
  test.each([
    undefined,
    "",
    [],
    "evg_partner_key",
    "whsec_",
    "whsec_***",
    [secret, ""],
    [undefined],
    7,
  ])("secret_unusable: %j", async (unusable) => {
    await expect(verifyWebhook(post(), unusable as string)).rejects.toMatchObject({
      reason: "secret_unusable",
    });
  });
});

function withoutIteration(stream: ReadableStream<Uint8Array> | null): {
  getReader(): ReadableStreamDefaultReader<Uint8Array>;
} {
  if (stream === null) throw new Error("There is no body.");
  return { getReader: () => stream.getReader() };
}
