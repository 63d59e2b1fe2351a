import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { checkSecretKey } from "../../server/check-secret-key.ts";
import { until } from "../../testing/open-delivery-bench.ts";
import { openReplayBench, type ReplayBench } from "../../testing/open-replay-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { testSecretKey } from "../../testing/start-test-gateway.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import { createRetention, type RetentionOptions } from "./create-retention.ts";

type Schemas = components["schemas"];

const dayMs = 86_400_000;
const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe.each(testStores)("what is kept of webhooks on $name", (stores) => {
  const nowOf = (bench: ReplayBench) => bench.world.gateway.gateway.services.now();

  /** One turn of a process that has just been started. */
  const takeTurn = (bench: ReplayBench, options?: Partial<RetentionOptions>): Promise<void> =>
    createRetention(bench.store, options).takeTurn(nowOf(bench));

  const countAttempts = async (bench: ReplayBench): Promise<number> =>
    (await bench.store.reader.selectFrom("webhook_attempts").select("id").execute()).length;

  const countDeliveries = async (bench: ReplayBench): Promise<number> =>
    (await bench.store.reader.selectFrom("webhook_deliveries").select("sequence").execute()).length;

  const listEndpointRows = (bench: ReplayBench) =>
    bench.store.reader.selectFrom("webhook_endpoints").selectAll().execute();

  /** An attempt for each event, made now, of which nothing else is told. */
  async function addAttempts(
    bench: ReplayBench,
    endpoint: string,
    events: readonly string[],
  ): Promise<void> {
    const attempted_at = nowOf(bench);
    await bench.store.transaction((tx) =>
      tx
        .insertInto("webhook_attempts")
        .values(
          events.map((event, index) => ({
            partner: bench.partner,
            endpoint,
            id: `attempt_${event.slice(4)}`,
            event,
            number: 1,
            attempted_at,
            duration_ms: 5,
            outcome: index % 2 === 0 ? "succeeded" : "failed",
            response_status: 200,
            response_excerpt: null,
            address: null,
            error: null,
            is_given_up: 0,
          })),
        )
        .execute(),
    );
  }

  test("attempts and taken deliveries are kept for 30 days and are gone after; the event is there, and is delivered anew", async () => {
    const bench = await openReplayBench(stores);
    const { api } = bench.world;
    const receiver = await startReceiver();
    const { id } = await bench.addEndpoint(receiver.url);
    const [event = ""] = await bench.addEvents("sub_a");
    const worker = bench.startWorker();
    await until(async () => (await bench.listAttempts(id)).length === 1);
    await worker.stop();

    bench.passMs(30 * dayMs);
    await takeTurn(bench);
    expect(await bench.listAttempts(id)).toMatchObject([{ event, status: "succeeded" }]);
    expect(await bench.listDeliveries(id)).toEqual([`1 delivered ${event}`]);
    bench.passMs(1);
    await takeTurn(bench);
    expect(await bench.listAttempts(id)).toEqual([]);
    expect(await bench.listDeliveries(id)).toEqual([]);

    expect(await bench.reconcile(id, { received: [], redeliver: true })).toMatchObject({
      lastSequence: 1,
      missingCount: 1,
      missing: [],
      expiredRanges: [[1, 1]],
      replay: null,
    });
    expect(await api.ask("POST", `/v1/events/${event}/redeliver`, {})).toMatchObject({
      deliveries: [{ endpoint: id, sequence: 2 }],
    });
    await bench.finish(id, "delivered", [2]);
    bench.passMs(30 * dayMs + 1);
    await takeTurn(bench);
    const replay = await bench.replay(id, { only: "all" });
    expect(await bench.carryOn(replay)).toMatchObject({ status: "completed", done: 1, added: 1 });
    expect(await bench.listDeliveries(id)).toEqual([`3 pending ${event}`]);
  });

  test("what is pending never goes, however old; its attempts do, and what was given up", async () => {
    const bench = await openReplayBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    const { id } = await bench.addEndpoint(receiver.url);
    const [failed = "", again = "", waiting = ""] = await bench.addEvents(
      "sub_a",
      "sub_b",
      "sub_c",
    );
    const worker = bench.startWorker();
    await until(async () => (await bench.listAttempts(id)).length === 3);
    await worker.stop();
    await bench.finish(id, "failed", [1, 2]);
    bench.passMs(400 * dayMs);
    // Given up 400 days ago, and asked for just in time.
    await bench.world.api.ask("POST", `/v1/events/${again}/redeliver`, {});
    await takeTurn(bench);
    expect(await countAttempts(bench)).toBe(0);
    expect(await bench.listDeliveries(id)).toEqual([`2 pending ${again}`, `3 pending ${waiting}`]);

    receiver.answer((response) => response.writeHead(204).end());
    bench.startWorker();
    await until(async () => (await bench.listAttempts(id)).length === 2);
    const taken = receiver.received.slice(3).map((one) => one.id);
    expect(taken.toSorted()).toEqual([again, waiting].toSorted());
    expect(taken).not.toContain(failed);
  });

  test("a deleted endpoint is gone from everything at once, its rows afterwards; others keep theirs", async () => {
    const bench = await openReplayBench(stores);
    const { api } = bench.world;
    const headers = { authorization: "Bearer s3cret" };
    const gone = await bench.addTarget({
      headers,
      receipts: { eventTypes: ["*"], within: { minutes: 60 } },
    });
    const other = await bench.addTarget();
    const events = await bench.addEvents("sub_a", "sub_b");
    const [event = ""] = events;
    for (const endpoint of [gone, other]) await addAttempts(bench, endpoint, events);
    await bench.replay(gone, { only: "failed" });
    await api.ask("POST", `/v1/webhook-endpoints/${gone}/rotate-secret`, {});
    const path = `/v1/webhook-endpoints/${gone}`;
    const askAttempts = () => api.ask("GET", `/v1/events/${event}/attempts`);
    expect(await askAttempts()).toMatchObject({ data: [{}, {}] });

    expect(await api.call("DELETE", path)).toMatchObject({ status: 204 });
    const asked = [
      await api.call("GET", path),
      await api.call("PATCH", path, { description: "Back?" }),
      await api.call("DELETE", path),
      await api.call("GET", `${path}/attempts`),
      await api.call("GET", `${path}/replays`),
      await api.call("POST", `${path}/replays`, { only: "all" }),
      await api.call("POST", `${path}/reconcile`, { received: [] }),
      await api.call("POST", `${path}/test`),
      await api.call("POST", `${path}/verify`),
      await api.call("POST", `${path}/rotate-secret`, {}),
      await api.call("POST", `${path}/revoke-previous-secrets`),
    ];
    for (const reply of asked)
      expect(reply).toMatchObject({ status: 404, body: { code: "not_found" } });
    const { data } = await api.ask<Schemas["WebhookEndpointList"]>("GET", "/v1/webhook-endpoints");
    expect(data.map(({ id }) => id)).toEqual([other]);
    expect(await askAttempts()).toMatchObject({ data: [{ endpoint: other }] });
    expect(
      await api.call("POST", `/v1/events/${event}/redeliver`, { endpoint: gone }),
    ).toMatchObject({ body: { code: "webhook_endpoint_unknown" } });
    const [after = ""] = await bench.addEvents("sub_a");
    expect(await bench.listDeliveries(gone)).toHaveLength(2);
    // What is secret does not wait for the rest.
    expect((await listEndpointRows(bench)).find(({ id }) => id === gone)).toMatchObject({
      secret: "",
      previous_secrets: "[]",
      headers: null,
    });

    await takeTurn(bench);
    expect((await listEndpointRows(bench)).map(({ id }) => id)).toEqual([other]);
    expect(await bench.listDeliveries(gone)).toEqual([]);
    expect(await bench.listDeliveries(other)).toEqual(
      [...events, after].map((one, index) => `${index + 1} pending ${one}`),
    );
    expect(await countAttempts(bench)).toBe(2);
    // Without its secret, no deleted one says that the gateway has the wrong key.
    await api.ask("DELETE", `/v1/webhook-endpoints/${other}`);
    expect(await checkSecretKey(bench.store, testSecretKey, nowOf(bench))).toBe("fits");
  });

  test("of a deleted endpoint what is under way ends, and nothing more begins", async () => {
    const bench = await openReplayBench(stores);
    const receiver = await startReceiver();
    const release: (() => void)[] = [];
    receiver.answer((response) => release.push(() => response.writeHead(204).end()));
    const other = await startReceiver();
    const { id } = await bench.addEndpoint(receiver.url, { concurrency: 2 });
    const { id: kept } = await bench.addEndpoint(other.url);
    await bench.addEvents(...numbers(1, 20).map((number) => `sub_${number}`));
    bench.startWorker();
    await until(() => release.length === 2);
    await bench.world.api.ask("DELETE", `/v1/webhook-endpoints/${id}`);
    await takeTurn(bench);
    // The worker has looked since then when it has found what was queued since then.
    await bench.addEvents("sub_1");
    await until(() => other.received.length === 21);
    for (const end of release) end();
    await bench.addEvents("sub_1");
    await until(async () => (await bench.listAttempts(kept)).length === 22);
    expect(receiver.received).toHaveLength(2);
    expect(await countAttempts(bench)).toBe(22);
    expect(await bench.listDeliveries(id)).toEqual([]);
  });

  test("a step is bounded, a turn too, and what remains is the next one's: the endpoint's own row goes last", async () => {
    const bench = await openReplayBench(stores);
    const [gone, old] = [await bench.addTarget(), await bench.addTarget()];
    const events = await bench.addEvents(...numbers(1, 25).map(() => "sub_a"));
    await addAttempts(bench, gone, events);
    await bench.finish(old, "delivered", numbers(1, 25));
    await bench.world.api.ask("DELETE", `/v1/webhook-endpoints/${gone}`);
    const left = async (): Promise<readonly number[]> => [
      await countAttempts(bench),
      await countDeliveries(bench),
      (await listEndpointRows(bench)).length,
    ];
    const retention = createRetention(bench.store, { chunkSize: 10, stepsPerTurn: 1 });
    const seen = [];
    for (let turn = 0; turn < 7; turn++) {
      await retention.takeTurn(nowOf(bench));
      seen.push(await left());
    }
    expect(seen).toEqual([
      [15, 50, 2],
      [5, 50, 2],
      [0, 45, 2],
      [0, 35, 2],
      [0, 25, 2],
      [0, 25, 1],
      [0, 25, 1],
    ]);
    const later = createRetention(bench.store, { chunkSize: 10, stepsPerTurn: 1 });
    bench.passMs(31 * dayMs);
    await bench.addEvents(...numbers(26, 55).map(() => "sub_a"));
    const counts = [];
    for (let turn = 0; turn < 7; turn++) {
      await later.takeTurn(nowOf(bench));
      counts.push(await countDeliveries(bench));
    }
    // The partner, its attempts that succeeded, those that failed, and its deliveries as far as they are old.
    expect(counts).toEqual([55, 55, 55, 45, 35, 30, 30]);
    // All partners have been looked at: the next time is in an hour.
    await bench.finish(old, "delivered", [26]);
    bench.passMs(31 * dayMs);
    for (let turn = 0; turn < 4; turn++) await later.takeTurn(nowOf(bench));
    expect(await countDeliveries(bench)).toBe(29);
  });

  test("what is pending, and what was replayed lately, is passed over; what is behind it goes", async () => {
    const bench = await openReplayBench(stores);
    const target = await bench.addTarget();
    const events = await bench.addEvents(...numbers(1, 12).map(() => "sub_a"));
    await bench.finish(target, "delivered", [1, 6, 7, 9, 11, 12]);
    await bench.finish(target, "failed", [8, 10]);
    bench.passMs(31 * dayMs);
    for (const number of [8, 9])
      await bench.world.api.ask("POST", `/v1/events/${events[number - 1]}/redeliver`, {});
    await bench.finish(target, "delivered", [9]);
    await bench.addEvents("sub_a", "sub_a");
    await bench.finish(target, "delivered", [13, 14]);
    await takeTurn(bench, { chunkSize: 2 });
    const left = await bench.listDeliveries(target);
    expect(left.map((text) => text.split(" evt_")[0])).toEqual([
      "2 pending",
      "3 pending",
      "4 pending",
      "5 pending",
      "8 pending",
      "9 delivered",
      "13 delivered",
      "14 delivered",
    ]);
  });

  test("what a clock that had jumped ahead has left goes, and keeps nothing behind it; one a little ahead loses nothing", async () => {
    const bench = await openReplayBench(stores);
    const target = await bench.addTarget();
    const finishNew = async (count: number): Promise<readonly string[]> => {
      const before = await countDeliveries(bench);
      const events = await bench.addEvents(...numbers(1, count).map(() => "sub_a"));
      await bench.finish(target, "delivered", numbers(before + 1, before + count));
      await addAttempts(bench, target, events);
      return events;
    };
    bench.passMs(400 * dayMs);
    await finishNew(6);
    bench.passMs(-400 * dayMs);
    await finishNew(6);
    bench.passMs(31 * dayMs);
    const kept = await finishNew(2);
    bench.passMs(-60_000);
    await takeTurn(bench, { chunkSize: 2 });
    expect((await bench.listAttempts(target)).map(({ event }) => event)).toEqual(kept);
    expect(await bench.listDeliveries(target)).toEqual(
      kept.map((event, index) => `${index + 13} delivered ${event}`),
    );
  });

  test("several processes at once forget everything once and nothing else", async () => {
    const bench = await openReplayBench(stores);
    const [gone, old] = [await bench.addTarget(), await bench.addTarget()];
    const events = await bench.addEvents(...numbers(1, 120).map(() => "sub_a"));
    await addAttempts(bench, old, events);
    await bench.finish(old, "delivered", numbers(1, 60));
    await bench.finish(old, "failed", numbers(61, 110));
    await bench.world.api.ask("DELETE", `/v1/webhook-endpoints/${gone}`);
    bench.passMs(31 * dayMs);
    await Promise.all(
      numbers(1, 4).map(() => takeTurn(bench, { chunkSize: 7, stepsPerTurn: 1_000 })),
    );
    // Whoever found rows in another's hands has left them, and comes again.
    await takeTurn(bench);
    expect(await countAttempts(bench)).toBe(0);
    expect(await bench.listDeliveries(gone)).toEqual([]);
    expect(await bench.listDeliveries(old)).toEqual(
      numbers(111, 120).map((number) => `${number} pending ${events[number - 1]}`),
    );
  });

  test("an earlier secret is destroyed when its overlap has ended; those that are good stay good", async () => {
    const bench = await openReplayBench(stores);
    const receiver = await startReceiver();
    const { id } = await bench.addEndpoint(receiver.url);
    const path = `/v1/webhook-endpoints/${id}`;
    for (const overlapSeconds of [60, 86_400])
      await bench.world.api.ask("POST", `${path}/rotate-secret`, { overlapSeconds });
    const countPrevious = async (): Promise<number> =>
      JSON.parse((await listEndpointRows(bench))[0]?.previous_secrets ?? "").length;
    const before = await bench.world.api.ask<Schemas["WebhookEndpoint"]>("GET", path);
    await takeTurn(bench);
    expect(await countPrevious()).toBe(2);
    bench.passMs(60_000);
    await takeTurn(bench);
    expect(await countPrevious()).toBe(1);
    expect(await bench.world.api.ask("GET", path)).toMatchObject({
      previousSecrets: before.previousSecrets.slice(1),
    });
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(() => receiver.received.length === 1);
    expect(String(receiver.received[0]?.headers["webhook-signature"]).split(" ")).toHaveLength(2);
    bench.passMs(dayMs);
    await takeTurn(bench);
    expect(await countPrevious()).toBe(0);
  });
});
