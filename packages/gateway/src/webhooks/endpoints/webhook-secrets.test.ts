import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver, type Received, type Receiver } from "../../testing/start-receiver.ts";

type Schemas = components["schemas"];
type Endpoint = Schemas["WebhookEndpoint"];
type Created = Schemas["CreatedWebhookEndpoint"];

const dayMs = 86_400_000;
const own = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString("base64")}`;

describe.each(testStores)("the secrets of an endpoint on $name", (stores) => {
  /** Rotates with secrets of one's own, so that it can be told which one was signed with. */
  const rotate = (
    { world }: DeliveryBench,
    { id }: { readonly id: string },
    input: Schemas["WebhookSecretRotationInput"],
  ): Promise<Created> =>
    world.api.ask<Created>("POST", `/v1/webhook-endpoints/${id}/rotate-secret`, input);

  /** Which of the secrets of one's own a delivery is signed with. */
  const signers = ({ headers, body }: Received): readonly number[] =>
    [1, 2, 3, 4, 5, 6].filter((byte) => {
      const now = Date.now;
      Date.now = () => Number(headers["webhook-timestamp"]) * 1_000;
      try {
        new Webhook(own(byte)).verify(body, {
          "webhook-id": String(headers["webhook-id"]),
          "webhook-timestamp": String(headers["webhook-timestamp"]),
          "webhook-signature": String(headers["webhook-signature"]),
        });
        return true;
      } catch {
        return false;
      } finally {
        Date.now = now;
      }
    });

  async function deliverOne(bench: DeliveryBench, receiver: Receiver): Promise<Received> {
    const count = receiver.received.length;
    await bench.addEvents("sub_a");
    await until(() => receiver.received.length > count);
    const received = receiver.received.at(-1);
    if (received === undefined) throw new Error("Nothing was received.");
    return received;
  }

  test("a rotated secret is shown once, and both sign for the overlap, 24 hours unless said", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { secret: own(1) });
    bench.startWorker();
    expect(signers(await deliverOne(bench, receiver))).toEqual([1]);

    bench.passMs(1_000);
    const rotated = await rotate(bench, endpoint, { secret: own(2) });
    expect(rotated).toMatchObject({
      secret: own(2),
      secretSetAt: "2026-11-24T09:00:01Z",
      previousSecrets: [{ expiresAt: "2026-11-25T09:00:01Z" }],
    });
    expect(signers(await deliverOne(bench, receiver))).toEqual([1, 2]);
    bench.passMs(dayMs - 1);
    expect(signers(await deliverOne(bench, receiver))).toEqual([1, 2]);
    bench.passMs(1);
    expect(signers(await deliverOne(bench, receiver))).toEqual([2]);

    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    const now = await bench.world.api.ask<Endpoint>("GET", path);
    expect(now.previousSecrets).toEqual([]);
    const texts = [
      now,
      await bench.world.api.ask("GET", `/v1/audit-log?subject=${endpoint.id}`),
      await bench.store.reader.selectFrom("webhook_endpoints").selectAll().execute(),
    ].map((text) => JSON.stringify(text));
    for (const text of texts)
      for (const byte of [1, 2]) expect(text).not.toContain(own(byte).slice(6));
    expect(texts[1]).toContain("rotateWebhookSecret");
  });

  test("without an overlap the secret ends at once; one of 30 days lasts 30 days", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { secret: own(1) });
    bench.startWorker();
    await rotate(bench, endpoint, { secret: own(2), overlapSeconds: 0 });
    expect(signers(await deliverOne(bench, receiver))).toEqual([2]);
    await rotate(bench, endpoint, { secret: own(3), overlapSeconds: 30 * 86_400 });
    bench.passMs(30 * dayMs - 1);
    expect(signers(await deliverOne(bench, receiver))).toEqual([2, 3]);
    bench.passMs(1);
    expect(signers(await deliverOne(bench, receiver))).toEqual([3]);
  });

  test("3 earlier secrets are good at once, a 4th is refused, and what has leaked can be ended all the same", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { secret: own(1) });
    bench.startWorker();
    for (const byte of [2, 3, 4])
      await rotate(bench, endpoint, { secret: own(byte), overlapSeconds: 3_600 * byte });
    expect(signers(await deliverOne(bench, receiver))).toEqual([1, 2, 3, 4]);
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    expect(
      await bench.world.api.call("POST", `${path}/rotate-secret`, { secret: own(5) }),
    ).toMatchObject({ status: 409, body: { code: "webhook_secret_limit_reached" } });
    // The present one is the leak: it ends, the earlier ones stay.
    await rotate(bench, endpoint, { secret: own(5), overlapSeconds: 0 });
    expect(signers(await deliverOne(bench, receiver))).toEqual([1, 2, 3, 5]);
    // Back to an earlier one: it is the present one, and no earlier one any more.
    await rotate(bench, endpoint, { secret: own(2), overlapSeconds: 0 });
    expect(signers(await deliverOne(bench, receiver))).toEqual([1, 2, 3]);
    const { previousSecrets } = await bench.world.api.ask<Endpoint>("GET", path);
    expect(previousSecrets).toHaveLength(2);
  });

  test("revoking ends the earlier secrets with the next attempt, on record; a second time changes nothing", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { secret: own(1) });
    bench.startWorker();
    await rotate(bench, endpoint, { secret: own(2) });
    expect(signers(await deliverOne(bench, receiver))).toEqual([1, 2]);
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    const revoked = await bench.world.api.ask<Endpoint>("POST", `${path}/revoke-previous-secrets`);
    expect(revoked).toMatchObject({ id: endpoint.id, previousSecrets: [] });
    expect(revoked).not.toHaveProperty("secret");
    expect(signers(await deliverOne(bench, receiver))).toEqual([2]);
    await bench.world.api.ask("POST", `${path}/revoke-previous-secrets`);
    const { data } = await bench.world.api.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${endpoint.id}`,
    );
    expect(data.map(({ action }) => action)).toEqual([
      "revokePreviousWebhookSecrets",
      "rotateWebhookSecret",
      "createWebhookEndpoint",
    ]);
  });

  test.each([
    ["the present secret", own(1), "is the endpoint's secret already"],
    ["one with bits to spare", `whsec_${"A".repeat(33)}`, "bytes in padded base64"],
  ])("400 malformed_request for %s", async (_, secret, detail) => {
    const bench = await openDeliveryBench(stores);
    const endpoint = await bench.addEndpoint("https://hooks.example.com/", { secret: own(1) });
    const reply = await bench.world.api.call(
      "POST",
      `/v1/webhook-endpoints/${endpoint.id}/rotate-secret`,
      { secret },
    );
    expect(reply).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: "/secret", detail: expect.stringContaining(detail) }] },
    });
    expect(JSON.stringify(reply.body)).not.toContain(secret.slice(6));
  });

  test("an earlier secret can't be made to last by writing another end into the row", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { secret: own(1) });
    await rotate(bench, endpoint, { secret: own(2), overlapSeconds: 60 });
    await bench.store.transaction(async (tx) => {
      const row = await tx.selectFrom("webhook_endpoints").selectAll().executeTakeFirstOrThrow();
      const previous = JSON.parse(row.previous_secrets) as { sealed: string; endsAt: number }[];
      const forged = previous.map((one) => ({ ...one, endsAt: one.endsAt + dayMs }));
      await tx
        .updateTable("webhook_endpoints")
        .set({ previous_secrets: JSON.stringify(forged) })
        .execute();
    });
    bench.startWorker();
    await bench.addEvents("sub_a");
    await until(async () => (await bench.listAttempts(endpoint.id)).length > 0);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { status: "failed", error: expect.stringContaining("can't sign it") },
    ]);
    expect(receiver.received).toEqual([]);
  });
});
