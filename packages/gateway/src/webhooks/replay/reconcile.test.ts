import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { openReplayBench } from "../../testing/open-replay-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";

type Schemas = components["schemas"];

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe.each(testStores)("reconciling with a receiver on $name", (stores) => {
  test("what it doesn't have is told with how it stood, and nothing is done unless asked for", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    const events = await bench.addEvents(...Array<string>(8).fill("sub_a"));
    await bench.finish(endpoint, "delivered", [1, 2, 3, 4]);
    await bench.finish(endpoint, "failed", [5]);
    const before = await bench.listDeliveries(endpoint);
    expect(
      await bench.reconcile(endpoint, {
        received: [
          [4, 4],
          [1, 2],
          [2, 2],
        ],
      }),
    ).toEqual({
      endpoint,
      lastSequence: 8,
      missingCount: 5,
      missingRanges: [
        [3, 3],
        [5, 8],
      ],
      missing: [
        [3, "delivered"],
        [5, "failed"],
        [6, "pending"],
        [7, "pending"],
        [8, "pending"],
      ].map(([sequence, status]) => ({
        sequence,
        event: events[Number(sequence) - 1],
        eventType: "subscription.renewed",
        status,
      })),
      expiredRanges: [],
      unknownRanges: [],
      nextAfter: null,
      replay: null,
    });
    expect(await bench.listDeliveries(endpoint)).toEqual(before);
    expect(await bench.world.api.ask("GET", `/v1/webhook-endpoints/${endpoint}/replays`)).toEqual({
      data: [],
      nextCursor: null,
    });
  });

  test("redelivered at once under its numbers, and once: asked again, all of it is on its way", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents(...Array<string>(6).fill("sub_a"));
    await bench.finish(endpoint, "delivered", [1, 2, 3, 4]);
    await bench.finish(endpoint, "failed", [5]);
    const input = {
      received: [
        [1, 1],
        [3, 4],
      ],
      redeliver: true,
    };
    const { replay, missing } = await bench.reconcile(endpoint, input);
    expect(missing.map(({ status }) => status)).toEqual(["delivered", "failed", "pending"]);
    expect(replay).toMatchObject({
      status: "completed",
      only: "missing",
      count: 2,
      done: 2,
      added: 0,
    });
    expect((await bench.listDeliveries(endpoint)).map((line) => line.split(" ")[1])).toEqual([
      "delivered",
      "pending",
      "delivered",
      "delivered",
      "pending",
      "pending",
    ]);
    expect(await bench.reconcile(endpoint, input)).toMatchObject({
      missingCount: 3,
      missing: [{ status: "pending" }, { status: "pending" }, { status: "pending" }],
      replay: null,
    });
    expect(await bench.world.api.ask("GET", `/v1/audit-log?subject=${replay?.id}`)).toMatchObject({
      data: [{ action: "reconcileWebhookEndpoint", after: replay }],
    });
    expect(
      await bench.world.api.ask("GET", `/v1/webhook-endpoints/${endpoint}/replays/${replay?.id}`),
    ).toEqual(replay);
  });

  test("what waits for its next attempt is not waited for any longer", async () => {
    const bench = await openReplayBench(stores);
    const { services } = bench.world.gateway.gateway;
    const endpoint = await bench.addTarget();
    await bench.addEvents("sub_a", "sub_b");
    const nextAt = async (): Promise<readonly number[]> =>
      (
        await bench.store.reader
          .selectFrom("webhook_deliveries")
          .select("next_attempt_at")
          .where("endpoint", "=", endpoint)
          .orderBy("sequence")
          .execute()
      ).map((row) => row.next_attempt_at);
    await bench.store.transaction((tx) =>
      tx
        .updateTable("webhook_deliveries")
        .set({ attempt_count: 4, next_attempt_at: services.now() + 7_200_000 })
        .where("endpoint", "=", endpoint)
        .execute(),
    );
    await bench.reconcile(endpoint, { received: [[2, 2]] });
    expect(await nextAt()).toEqual([services.now() + 7_200_000, services.now() + 7_200_000]);
    expect(await bench.reconcile(endpoint, { received: [[2, 2]], redeliver: true })).toMatchObject({
      replay: null,
    });
    expect(await nextAt()).toEqual([services.now(), services.now() + 7_200_000]);
  });

  test("a lot is told in pages, and redelivered by a replay that goes on", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents(...numbers(1, 1_300).map((count) => `sub_${count % 40}`));
    await bench.finish(endpoint, "delivered", numbers(1, 1_300));
    // Every other one of the first 200, and all from 301 on.
    const received = [
      ...numbers(1, 100).map((count) => [count * 2, count * 2]),
      [201, 300],
      [2_000, 2_001],
    ];
    const told: number[] = [];
    let pages = 0;
    for (let after: number | null = 0; after !== null; pages++) {
      const page: Schemas["WebhookReconciliation"] = await bench.reconcile(endpoint, {
        received,
        after,
      });
      expect(page).toMatchObject({
        lastSequence: 1_300,
        missingCount: 1_100,
        unknownRanges: [[2_000, 2_001]],
        expiredRanges: [],
      });
      expect(page.missingRanges).toHaveLength(101);
      told.push(...page.missing.map(({ sequence }) => sequence));
      after = page.nextAfter;
    }
    const missing = [...numbers(0, 99).map((count) => count * 2 + 1), ...numbers(301, 1_300)];
    expect(told).toEqual(missing);
    expect(pages).toBe(6);
    const { replay } = await bench.reconcile(endpoint, { received, redeliver: true, after: 1_250 });
    expect(replay).toMatchObject({ status: "counting", only: "missing", count: null, done: 0 });
    if (replay === null) throw new Error("There is no replay.");
    // It rests at a thousand that are pending.
    const resting = await bench.carryOn(replay);
    expect(resting).toMatchObject({ status: "running", count: 1_100, done: 1_000 });
    await bench.finish(endpoint, "delivered", numbers(1, 1_300));
    expect(await bench.carryOn(replay)).toMatchObject({ status: "completed", done: 1_100 });
    expect((await bench.listDeliveries(endpoint)).length).toBe(1_300);
  });

  test("numbers that are known no more are told apart, since they can't be redelivered", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents(...numbers(1, 500).map(() => "sub_a"));
    await bench.finish(endpoint, "delivered", numbers(1, 500));
    await bench.store.transaction((tx) =>
      tx
        .deleteFrom("webhook_deliveries")
        .where("endpoint", "=", endpoint)
        .where("sequence", "<=", 250)
        .where("sequence", "<>", 100)
        .execute(),
    );
    const first = await bench.reconcile(endpoint, {
      received: [
        [1, 10],
        [260, 269],
      ],
    });
    expect(first.missingCount).toBe(480);
    expect(first.missing[0]).toMatchObject({ sequence: 100 });
    expect(first.expiredRanges).toEqual([
      [11, 99],
      [101, 250],
    ]);
    // 100, 251 … 259, and 190 from 270 on.
    expect(first.nextAfter).toBe(459);
    const rest = await bench.reconcile(endpoint, {
      received: [
        [1, 10],
        [260, 269],
      ],
      after: first.nextAfter ?? 0,
    });
    expect(rest.missing.map(({ sequence }) => sequence)).toEqual(numbers(460, 500));
    expect(rest.expiredRanges).toEqual([]);
    const none = await bench.reconcile(endpoint, {
      received: [
        [251, 500],
        [100, 100],
      ],
    });
    expect(none).toMatchObject({
      missing: [],
      expiredRanges: [
        [1, 99],
        [101, 250],
      ],
      nextAfter: null,
    });
  });

  test("an endpoint that was given nothing yet, and a receiver that has nothing or more than there is", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    expect(await bench.reconcile(endpoint, { received: [[1, 3]], redeliver: true })).toEqual({
      endpoint,
      lastSequence: 0,
      missingCount: 0,
      missingRanges: [],
      missing: [],
      expiredRanges: [],
      unknownRanges: [[1, 3]],
      nextAfter: null,
      replay: null,
    });
    await bench.addEvents("sub_a");
    expect(await bench.reconcile(endpoint, { received: [] })).toMatchObject({
      lastSequence: 1,
      missingRanges: [[1, 1]],
    });
  });

  test("1,000 ranges are compared with 20,000 deliveries in well under a second", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    for (let count = 0; count < 20; count++)
      await bench.addEvents(...numbers(1, 1_000).map((index) => `sub_${index}`));
    const received = numbers(1, 1_000).map((count) => [count * 20, count * 20 + 17]);
    const begunAt = performance.now();
    const { missingCount, missing } = await bench.reconcile(endpoint, { received });
    expect(performance.now() - begunAt).toBeLessThan(1_000);
    expect(missingCount).toBe(19 + 999 * 2);
    expect(missing.map(({ sequence }) => sequence).slice(0, 22)).toEqual([
      ...numbers(1, 19),
      38,
      39,
      58,
    ]);
  });
});
