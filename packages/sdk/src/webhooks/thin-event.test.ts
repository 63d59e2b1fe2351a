import { Webhook } from "standardwebhooks";
import { describe, expect, expectTypeOf, test } from "vitest";
import { webhooks, WebhookVerificationError, type WebhookRequest } from "../index.ts";

const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const id = "evt_01m9fh5nt0e34s1f9fjkgqeren";
const delivery = { endpoint: "wh_01m86d3dj0fhrrs8thyv5t4a1p", sequence: 7 };
const timestamp = "2026-12-01T00:00:00Z";

function post(type: string, data: object): WebhookRequest {
  const body = JSON.stringify({ type, timestamp, data, delivery });
  const at = new Date();
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
  return { headers, body };
}

describe("a thin delivery", () => {
  test("is verified, and its type promises no more than there is", async () => {
    const request = post("subscription.paused", { id: "sub_1", sequence: 3, mode: "sandbox" });
    const event = await webhooks.verifyThin(request, secret);
    expect(event).toEqual({
      id,
      type: "subscription.paused",
      timestamp,
      data: { id: "sub_1", sequence: 3, mode: "sandbox" },
      delivery,
    });
    expectTypeOf(event.data.id).toEqualTypeOf<string>();
    expectTypeOf<keyof (typeof event)["data"]>().toEqualTypeOf<"id" | "sequence" | "mode">();
  });

  test("is the same where a full one comes, as while the endpoint is changed", async () => {
    const request = post("bill.issued", { id: "bill_1", number: "2026-000123", total: "60.00" });
    expect((await webhooks.verifyThin(request, secret)).data).toEqual({ id: "bill_1" });
  });

  test("a challenge can be answered", async () => {
    const data = { endpoint: delivery.endpoint, challenge: "x".repeat(43) };
    const event = await webhooks.verifyThin(post("webhook_endpoint.challenge", data), secret);
    expect(await webhooks.answerChallenge(event, secret)).toEqual({
      answer: expect.stringMatching(/^v1,/),
    });
  });

  test("is refused where the signature is wrong", async () => {
    const other = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
    await expect(webhooks.verifyThin(post("bill.issued", { id: "bill_1" }), other)).rejects.toThrow(
      WebhookVerificationError,
    );
  });
});
