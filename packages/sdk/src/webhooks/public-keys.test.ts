import { createPrivateKey, createPublicKey, sign, type KeyObject } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { publishedKeys, verifyWebhook, type WebhookKeys } from "../webhooks.ts";

const now = new Date("2026-11-24T09:00:00Z");
const id = "evt_01m9fh5nt0e34s1f9fjkgqeren";
const endpoint = "wh_01m86d3dj0fhrrs8thyv5t4a1p";
const body = JSON.stringify({
  type: "customer.created",
  timestamp: "2026-11-24T08:00:00Z",
  data: { id: "cus_1", name: "Žofia ☕" },
  delivery: { endpoint, sequence: 7 },
});
const event = { ...JSON.parse(body), id };

/** The pair that is made from these 32 bytes. */
function makePair(seed: Uint8Array): { readonly secret: KeyObject; readonly publicKey: string } {
  const secret = createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
    format: "der",
    type: "pkcs8",
  });
  const { x = "" } = createPublicKey(secret).export({ format: "jwk" });
  return { secret, publicKey: `whpk_${Buffer.from(x, "base64url").toString("base64")}` };
}

const first = makePair(Buffer.alloc(32, 1));
const second = makePair(Buffer.alloc(32, 2));

function signBy(
  secrets: readonly KeyObject[],
  { text = body, at = now, as = id } = {},
): { headers: Record<string, string>; body: string } {
  const seconds = Math.floor(at.getTime() / 1_000);
  const signatures = secrets.map(
    (secret) =>
      `v1a,${sign(null, Buffer.from(`${as}.${seconds}.${text}`), secret).toString("base64")}`,
  );
  return {
    headers: {
      "webhook-id": as,
      "webhook-timestamp": String(seconds),
      "webhook-signature": ["v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=", ...signatures].join(
        " ",
      ),
    },
    body: text,
  };
}

const options = { expectedEndpoint: endpoint };

async function reasonOf(request: Parameters<typeof verifyWebhook>[0], keys: WebhookKeys) {
  return verifyWebhook(request, keys, options).then(
    () => "accepted",
    (error: { reason: string }) => error.reason,
  );
}

beforeEach(() => {
  vi.useFakeTimers({ now, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a delivery that is signed with the gateway's own key", () => {
  test("the vector of Standard Webhooks' reference implementation is verified", async () => {
    // https://github.com/standard-webhooks/standard-webhooks: the seed, the message and its signature
    vi.setSystemTime(1_614_265_330_000);
    const { publicKey } = makePair(
      Buffer.from("VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=", "base64"),
    );
    const headers = {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature":
        "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
    };
    // Its signature fits; only then is it seen to be no event of Evergate.
    expect(await reasonOf({ headers, body: '{"test": 2432232314}' }, publicKey)).toBe(
      "body_malformed",
    );
    expect(await reasonOf({ headers, body: '{"test": 2432232315}' }, publicKey)).toBe(
      "signature_wrong",
    );
  });

  test("one key that fits is enough, beside others and beside secrets", async () => {
    const secret = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
    for (const keys of [
      first.publicKey,
      [first.publicKey],
      [second.publicKey, first.publicKey],
      [secret, first.publicKey],
    ])
      expect(await verifyWebhook(signBy([first.secret]), keys, options)).toEqual(event);
    expect(
      await verifyWebhook(signBy([first.secret, second.secret]), second.publicKey, options),
    ).toEqual(event);
  });

  test.each<[string, () => ReturnType<typeof signBy>]>([
    ["another key's", () => signBy([second.secret])],
    ["none of v1a", () => signBy([])],
    [
      "over another id",
      () => ({
        ...signBy([first.secret], { as: "evt_other" }),
        headers: { ...signBy([first.secret], { as: "evt_other" }).headers, "webhook-id": id },
      }),
    ],
    ["over another body", () => ({ ...signBy([first.secret]), body: `${body} ` })],
    [
      "the ninth of many",
      () => signBy([...Array.from({ length: 8 }, () => second.secret), first.secret]),
    ],
  ])("signature_wrong: %s", async (_, make) => {
    expect(await reasonOf(make(), first.publicKey)).toBe("signature_wrong");
  });

  test("malformed signatures are passed over", async () => {
    const request = signBy([first.secret]);
    for (const malformed of ["v1a,", "v1a,AAAA", "v1a,***", `v1a,${"A".repeat(85)}`, "v1a"])
      expect(
        await reasonOf(
          { ...request, headers: { ...request.headers, "webhook-signature": malformed } },
          first.publicKey,
        ),
      ).toBe("signature_wrong");
  });

  test("five minutes are tolerated, either way", async () => {
    const at = (seconds: number) =>
      signBy([first.secret], { at: new Date(now.getTime() + seconds * 1_000) });
    expect(await reasonOf(at(-300), first.publicKey)).toBe("accepted");
    expect(await reasonOf(at(300), first.publicKey)).toBe("accepted");
    expect(await reasonOf(at(-301), first.publicKey)).toBe("timestamp_too_old");
    expect(await reasonOf(at(301), first.publicKey)).toBe("timestamp_too_new");
  });

  test("what was meant for another endpoint is refused, and without an own one everything", async () => {
    const request = signBy([first.secret]);
    await expect(
      verifyWebhook(request, first.publicKey, { expectedEndpoint: "wh_other" }),
    ).rejects.toMatchObject({ reason: "endpoint_wrong" });
    const keys = publishedKeys("https://evergate.example.com", {
      fetch: () => new Response(null, { status: 500 }),
    });
    for (const withPublic of [first.publicKey, ["whsec_AAAA", first.publicKey], keys])
      await expect(verifyWebhook(request, withPublic)).rejects.toMatchObject({
        reason: "endpoint_not_given",
      });
  });

  test.each(["whpk_", "whpk_AAAA", "whpk_***", `whpk_${"A".repeat(88)}`, "whsk_AAAA"])(
    "secret_unusable: %s",
    async (key) => {
      expect(await reasonOf(signBy([first.secret]), key)).toBe("secret_unusable");
    },
  );
});

describe("the keys that a gateway publishes", () => {
  function openGateway(...published: string[]) {
    const gateway = {
      published,
      asked: [] as string[],
      answer: (): Response =>
        Response.json({ keys: gateway.published.map((publicKey) => ({ publicKey })) }),
    };
    const keys = publishedKeys("https://evergate.example.com/base/", {
      fetch: (request) => {
        gateway.asked.push(`${request.method} ${request.url} ${request.redirect}`);
        return gateway.answer();
      },
    });
    return { gateway, keys };
  }

  test("are read once for five minutes, however many deliveries come", async () => {
    const { gateway, keys } = openGateway(second.publicKey, first.publicKey);
    await Promise.all(
      Array.from({ length: 5 }, () => verifyWebhook(signBy([first.secret]), keys, options)),
    );
    expect(await verifyWebhook(signBy([first.secret]), keys, options)).toEqual(event);
    expect(gateway.asked).toEqual([
      "GET https://evergate.example.com/base/.well-known/webhook-keys.json error",
    ]);
    vi.setSystemTime(now.getTime() + 300_000);
    await verifyWebhook(signBy([first.secret]), keys, options);
    expect(gateway.asked).toHaveLength(2);
  });

  test("are read again where none fits, but not for each forged delivery", async () => {
    const { gateway, keys } = openGateway(first.publicKey);
    await verifyWebhook(signBy([first.secret]), keys, options);
    gateway.published = [first.publicKey, second.publicKey];
    expect(await reasonOf(signBy([second.secret]), keys)).toBe("signature_wrong");
    expect(gateway.asked).toHaveLength(1);
    vi.setSystemTime(now.getTime() + 30_000);
    expect(await reasonOf(signBy([second.secret]), keys)).toBe("accepted");
    expect(gateway.asked).toHaveLength(2);
    const third = makePair(Buffer.alloc(32, 3));
    for (let forged = 0; forged < 5; forged++)
      expect(await reasonOf(signBy([third.secret]), keys)).toBe("signature_wrong");
    expect(gateway.asked).toHaveLength(2);
  });

  test("a key that is published no more is trusted for five minutes at most", async () => {
    const { gateway, keys } = openGateway(first.publicKey);
    await verifyWebhook(signBy([first.secret]), keys, options);
    gateway.published = [second.publicKey];
    const later = new Date(now.getTime() + 300_000);
    vi.setSystemTime(later);
    expect(await reasonOf(signBy([first.secret], { at: later }), keys)).toBe("signature_wrong");
  });

  test.each<[string, () => Response]>([
    [
      "the gateway is away",
      () => {
        throw new TypeError("fetch failed");
      },
    ],
    ["it answers 503", () => new Response(null, { status: 503 })],
    ["it answers no JSON", () => new Response("<html>")],
    ["it answers something else", () => Response.json({ keys: [{ x: "1" }] })],
    ["it answers null", () => Response.json(null)],
  ])("keys_unavailable: %s", async (_, answer) => {
    const { gateway, keys } = openGateway(first.publicKey);
    const proper = gateway.answer;
    gateway.answer = answer;
    expect(await reasonOf(signBy([first.secret]), keys)).toBe("keys_unavailable");
    gateway.answer = proper;
    expect(await reasonOf(signBy([first.secret]), keys)).toBe("accepted");
  });

  test("none published: nothing is accepted", async () => {
    const { keys } = openGateway();
    expect(await reasonOf(signBy([first.secret]), keys)).toBe("signature_wrong");
  });
});
