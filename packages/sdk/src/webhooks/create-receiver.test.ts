import { Webhook } from "standardwebhooks";
import { describe, expect, test, vi } from "vitest";
import { createReceiver, publishedKeys, type ReceiverOptions } from "../webhooks.ts";
import type { DeliveredEvent, Receiver } from "../webhooks.ts";
import { listen } from "../testing/listen.ts";

const endpoint = "wh_01m86d3dj0fhrrs8thyv5t4a1p";
const id = "evt_01m9fh5nt0e34s1f9fjkgqeren";
const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const otherSecret = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;

function post(event: object, { key = secret, at = new Date() } = {}): Request {
  const body = JSON.stringify({
    type: "customer.created",
    timestamp: "2026-11-24T08:00:00Z",
    data: { id: "cus_1", name: "Žofia ☕" },
    delivery: { endpoint, sequence: 7 },
    ...event,
  });
  return new Request("https://hooks.example.com/evergate", {
    method: "POST",
    body,
    headers: {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(key).sign(id, at, body),
    },
  });
}

function open(options: Partial<ReceiverOptions> = {}): {
  receiver: Receiver;
  taken: DeliveredEvent[];
  errors: unknown[];
} {
  const taken: DeliveredEvent[] = [];
  const errors: unknown[] = [];
  const receiver = createReceiver({
    endpoint,
    keys: [otherSecret, secret],
    take: (event) => void taken.push(event),
    received: () => [],
    onError: (error) => errors.push(error),
    ...options,
  });
  return { receiver, taken, errors };
}

describe("a receiver", () => {
  test("has a verified event taken, and answers 204", async () => {
    const { receiver, taken, errors } = open();
    const answer = await receiver.receive(post({}));
    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    expect(taken).toMatchObject([{ id, type: "customer.created", delivery: { sequence: 7 } }]);
    expect(errors).toEqual([]);
  });

  test("answers with the receipt where there is one", async () => {
    const { receiver } = open({
      take: async () => ({ status: "rejected", detail: "No such tenant." }),
    });
    const answer = await receiver.receive(post({}));
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { receipt: { status: "rejected", detail: "No such tenant." } },
    ]);
  });

  test("answers 500 where what it is given for a receipt is none", async () => {
    const given: unknown = { receipt: { status: "applied" } };
    const { receiver, errors } = open({
      take: () => given as ReturnType<ReceiverOptions["take"]>,
    });
    const answer = await receiver.receive(post({}));
    expect([answer.status, await answer.text()]).toEqual([500, "not_taken"]);
    expect(errors).toMatchObject([{ name: "TypeError" }]);
  });

  test("answers 500 where the event could not be taken, says why to its owner and to nobody else", async () => {
    const failure = new Error("the database at 10.0.0.7 is away");
    const { receiver, errors } = open({
      take: () => {
        throw failure;
      },
    });
    const answer = await receiver.receive(post({}));
    expect([answer.status, await answer.text()]).toEqual([500, "not_taken"]);
    expect(errors).toEqual([failure]);
  });

  test.each<{
    name: string;
    make: () => Request;
    options?: Partial<ReceiverOptions>;
    status: number;
    reason: string;
  }>([
    {
      name: "another's secret",
      make: () => post({}, { key: `whsec_${Buffer.alloc(32, 3).toString("base64")}` }),
      status: 400,
      reason: "signature_wrong",
    },
    {
      name: "another endpoint's delivery",
      make: () => post({ delivery: { endpoint: "wh_other", sequence: 7 } }),
      status: 400,
      reason: "endpoint_wrong",
    },
    {
      name: "an old one",
      make: () => post({}, { at: new Date(Date.now() - 400_000) }),
      status: 400,
      reason: "timestamp_too_old",
    },
    {
      name: "a body that is too large",
      make: () => post({}),
      options: { maxBodyBytes: 10 },
      status: 400,
      reason: "body_too_large",
    },
    {
      name: "keys that are none",
      make: () => post({}),
      options: { keys: "" },
      status: 500,
      reason: "secret_unusable",
    },
    {
      name: "published keys that can't be read",
      make: () => post({}),
      options: {
        keys: publishedKeys("https://gateway.test", {
          fetch: () => new Response(null, { status: 503 }),
        }),
      },
      status: 503,
      reason: "keys_unavailable",
    },
  ])(
    "takes nothing and answers $status to $name",
    async ({ make, options = {}, status, reason }) => {
      const take = vi.fn<ReceiverOptions["take"]>();
      const { receiver, errors } = open({ ...options, take });
      const answer = await receiver.receive(make());
      expect([answer.status, await answer.text()]).toEqual([status, reason]);
      expect(errors).toMatchObject([{ reason }]);
      expect(take).not.toHaveBeenCalled();
    },
  );

  test("answers a challenge, which nobody takes", async () => {
    const { receiver, taken } = open();
    const challenge = Buffer.alloc(32, 5).toString("base64url");
    const asked = (of: string): Request =>
      post({
        type: "webhook_endpoint.challenge",
        data: { endpoint: of, challenge },
        delivery: undefined,
      });
    const answer = await receiver.receive(asked(endpoint));
    expect(answer.status).toBe(200);
    // One for each secret, while it is being changed.
    expect(await answer.json()).toEqual({ answer: expect.stringMatching(/^v1,\S{44} v1,\S{44}$/) });
    expect((await receiver.receive(asked("wh_01m86d3dj0fhrrs8thyv5t4a1q"))).status).toBe(400);
    expect(taken).toEqual([]);
  });

  test("is a listener of node:http, also for what is no delivery", async () => {
    const { receiver, taken } = open();
    const url = await listen(receiver.listener);
    const request = post({});
    const delivered = await fetch(url, {
      method: "POST",
      headers: request.headers,
      body: await request.text(),
    });
    expect(delivered.status).toBe(204);
    expect(taken).toHaveLength(1);
    const looked = await fetch(url);
    expect([looked.status, await looked.text()]).toEqual([400, "header_missing"]);
  });
});
