import { createPublicKey, verify } from "node:crypto";
import { toInstant } from "@evergate/core";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, test } from "vitest";
import type { Services } from "../../app/world.ts";
import type { components } from "../../generated/api.ts";
import { createSecretBox } from "../../secrets/secret-box.ts";
import { createSealer } from "../../secrets/sealer.ts";
import { listSigningKeysAt, openSigningKey } from "../../store/webhook-signing-keys.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { testSecretKey } from "../../testing/start-test-gateway.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import {
  ensureSigningKey,
  retireSigningKey,
  rollSigningKeys,
  type KeyChange,
} from "./change-signing-keys.ts";
import { createSigningKeys } from "./signing-keys.ts";
import { toWireKey } from "./to-wire.ts";

type WebhookKey = components["schemas"]["WebhookKey"];

/** The signatures of a version in a header. */
function listSignatures(headers: Readonly<Record<string, unknown>>, version: string): string[] {
  return String(headers["webhook-signature"])
    .split(" ")
    .filter((signature) => signature.startsWith(`${version},`))
    .map((signature) => signature.slice(version.length + 1));
}

function isSignedBy(
  key: WebhookKey,
  { headers, body }: { readonly headers: Readonly<Record<string, unknown>>; readonly body: string },
): boolean {
  const jwk = createPublicKey({ key: { ...key }, format: "jwk" });
  const text = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  return listSignatures(headers, "v1a").some((signature) =>
    verify(null, Buffer.from(text), jwk, Buffer.from(signature, "base64")),
  );
}

async function fetchKeys({ world }: DeliveryBench): Promise<readonly WebhookKey[]> {
  const { status, headers, body } = await world.api.call("GET", "/.well-known/webhook-keys.json");
  expect(status).toBe(200);
  expect(headers.get("cache-control")).toBe("public, max-age=300");
  return (body as components["schemas"]["WebhookKeySet"]).keys;
}

function servicesOf({ world }: DeliveryBench): Services {
  return world.gateway.gateway.services;
}

/** What a process that has just started would publish. */
async function listPublished(bench: DeliveryBench): Promise<readonly WebhookKey[]> {
  return (await createSigningKeys(servicesOf(bench)).list()).map(toWireKey);
}

function changeOf(now: number): KeyChange {
  return {
    box: createSecretBox(testSecretKey),
    sealer: createSealer(testSecretKey),
    actor: "test",
    now: toInstant(now),
  };
}

const start = Math.floor(Date.now() / 1_000) * 1_000;
const day = 86_400_000;

describe.each(testStores)("what is delivered, on $name", (stores) => {
  test("bears v1 alone unless the endpoint asks for v1a, which the published key verifies; svix and standardwebhooks take both", async () => {
    // Both libraries compare with the real clock.
    const bench = await openDeliveryBench(stores, { now: toInstant(start) });
    const [plain, asking] = [await startReceiver(), await startReceiver()];
    await bench.addEndpoint(plain.url);
    const { id, secret, signatures } = await bench.addEndpoint(asking.url, {
      signatures: ["v1a", "v1"],
    });
    expect(signatures).toEqual(["v1", "v1a"]);
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(() => plain.received.length === 1 && asking.received.length === 1);

    expect(plain.received[0]?.headers["webhook-signature"]).toMatch(/^v1,[^ ]{44}$/);
    const { headers, body } = asking.received[0]!;
    const [key, ...others] = await fetchKeys(bench);
    expect(others).toEqual([]);
    expect(isSignedBy(key!, { headers, body })).toBe(true);
    expect(isSignedBy(key!, { headers, body: `${body} ` })).toBe(false);
    expect(JSON.parse(body)).toMatchObject({ delivery: { endpoint: id, sequence: 1 } });
    const signed = {
      "webhook-id": String(headers["webhook-id"]),
      "webhook-timestamp": String(headers["webhook-timestamp"]),
      "webhook-signature": String(headers["webhook-signature"]),
    };
    expect(() => new SvixWebhook(secret).verify(body, signed)).not.toThrow();
    expect(new StandardWebhook(secret).verify(body, signed)).toEqual(JSON.parse(body));
  });

  test("is the same bytes at every try, signed anew", async () => {
    const bench = await openDeliveryBench(stores, { now: toInstant(start) });
    const receiver = await startReceiver();
    receiver.answer((response, _request, index) => response.writeHead(index < 2 ? 500 : 200).end());
    await bench.addEndpoint(receiver.url, { signatures: ["v1", "v1a"] });
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(() => receiver.received.length === 1);
    await until(() => {
      bench.passMs(60_000);
      return receiver.received.length === 3;
    });
    const [first, ...again] = receiver.received;
    for (const { headers, body } of again) {
      expect(body).toBe(first!.body);
      expect(headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
      expect(headers["webhook-timestamp"]).not.toBe(first!.headers["webhook-timestamp"]);
      expect(headers["webhook-signature"]).not.toBe(first!.headers["webhook-signature"]);
    }
  });

  test("bears both keys' signatures while one follows the other, and the new one's alone after it", async () => {
    const bench = await openDeliveryBench(stores, { now: toInstant(start) });
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { signatures: ["v1", "v1a"] });
    const [before] = await fetchKeys(bench);
    await bench.store.transaction((tx) => rollSigningKeys(tx, changeOf(start), 7 * day));
    // What a process knows of the keys is read again after a few seconds; another one reads them now.
    const signingKeys = createSigningKeys(servicesOf(bench));
    bench.startWorker({}, { signingKeys });
    await bench.addEvents("sub_a");
    await until(() => receiver.received.length === 1);
    const [former, next] = (await signingKeys.list()).map(({ id }) => id);
    expect(former).toBe(before?.kid);
    const published = await listPublished(bench);
    expect(published.map(({ kid }) => kid)).toEqual([former, next]);
    expect(published.map((key) => isSignedBy(key, receiver.received[0]!))).toEqual([true, true]);
    expect(listSignatures(receiver.received[0]!.headers, "v1a")).toHaveLength(2);

    bench.passMs(7 * day);
    await bench.addEvents("sub_a");
    await until(() => receiver.received.length === 2);
    expect(published.map((key) => isSignedBy(key, receiver.received[1]!))).toEqual([false, true]);
    expect((await signingKeys.list()).map(({ id }) => id)).toEqual([next]);

    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, {
      signatures: ["v1"],
    });
    await bench.addEvents("sub_a");
    await until(() => receiver.received.length === 3);
    expect(listSignatures(receiver.received[2]!.headers, "v1a")).toEqual([]);
  });

  test("nothing is sent where the gateway's key can't be opened, and its owner reads why", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { signatures: ["v1", "v1a"] });
    await bench.store.transaction(async (tx) => {
      await tx.updateTable("webhook_signing_keys").set({ secret_key: "v1:AAAA" }).execute();
    });
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { status: "failed", error: expect.stringContaining("the gateway can't sign it") },
    ]);
    expect(receiver.received).toEqual([]);
  });
});

describe.each(testStores)("the gateway's signing keys on $name", (stores) => {
  test("are made once, however many start at once, and recorded", async () => {
    const bench = await openDeliveryBench(stores);
    await bench.store.transaction(async (tx) => {
      await tx.deleteFrom("webhook_signing_keys").execute();
    });
    await Promise.all(
      Array.from({ length: 4 }, () => ensureSigningKey(bench.store, changeOf(start))),
    );
    const keys = await listSigningKeysAt(bench.store.reader, toInstant(start));
    expect(keys).toMatchObject([{ number: 1, endsAt: null }]);
    const { data } = await bench.world.operator.ask<components["schemas"]["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${keys[0]?.id}`,
    );
    expect(data).toMatchObject([
      {
        action: "webhook_key.created",
        actor: "test",
        before: null,
        after: { kid: keys[0]?.id, publicKey: keys[0]?.publicKey, endsAt: null },
      },
    ]);
    expect(JSON.stringify(data)).not.toContain("whsk_");
  });

  test("end with their overlap, at once where there is none, and are forgotten then", async () => {
    const bench = await openDeliveryBench(stores);
    const { store } = bench;
    const roll = (now: number, overlapMs: number) =>
      store.transaction((tx) => rollSigningKeys(tx, changeOf(now), overlapMs));
    const at = async (now: number) =>
      (await listSigningKeysAt(store.reader, toInstant(now))).map(({ number }) => number);
    await roll(start, day);
    expect(await at(start + day - 1)).toEqual([1, 2]);
    expect(await at(start + day)).toEqual([2]);
    await roll(start + 1_000, 2 * day);
    // The first keeps its own, earlier end.
    expect(await at(start + day)).toEqual([2, 3]);
    await expect(roll(start + 2_000, day)).rejects.toThrow("3 keys sign now");
    await roll(start + 3_000, 0);
    expect(await at(start + 3_000)).toEqual([4]);
    const rows = await store.reader
      .selectFrom("webhook_signing_keys")
      .select(["number", "secret_key"])
      .orderBy("number")
      .execute();
    expect(rows.map(({ secret_key: kept }) => kept !== null)).toEqual([false, false, false, true]);
  });

  test("can be retired, but not the last one that signs", async () => {
    const bench = await openDeliveryBench(stores);
    const { store } = bench;
    const retire = (id: string) =>
      store.transaction((tx) => retireSigningKey(tx, changeOf(start), id));
    const [first] = await listSigningKeysAt(store.reader, toInstant(start));
    await expect(retire(first!.id)).rejects.toThrow("the only key that signs");
    await expect(retire("whkey_unknown")).rejects.toThrow("No key whkey_unknown signs now.");
    const second = await store.transaction((tx) => rollSigningKeys(tx, changeOf(start), day));
    await retire(first!.id);
    const left = await listSigningKeysAt(store.reader, toInstant(start));
    expect(left.map(({ id }) => id)).toEqual([second.id]);
    await expect(retire(first!.id)).rejects.toThrow("signs now");
    const key = left[0]!;
    expect(openSigningKey(createSecretBox(testSecretKey), key)).toMatch(/^whsk_/);
    expect(() => openSigningKey(createSecretBox(testSecretKey), { ...key, id: "whkey_1" })).toThrow(
      "unable to authenticate",
    );
    expect(() =>
      openSigningKey(createSecretBox(testSecretKey), { ...key, sealedSecretKey: null }),
    ).toThrow("has ended");
  });
});
