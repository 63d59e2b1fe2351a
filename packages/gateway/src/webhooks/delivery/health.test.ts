import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { StoreUnavailableError } from "../../store/store.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver } from "../../testing/start-receiver.ts";

type Schemas = components["schemas"];

const hour = 3_600_000;
const day = 24 * hour;

describe.each(testStores)("the health of an endpoint on $name", (stores) => {
  async function read(bench: DeliveryBench, id: string): Promise<Schemas["WebhookEndpoint"]> {
    return bench.world.api.ask("GET", `/v1/webhook-endpoints/${id}`);
  }

  async function listHealthEvents(bench: DeliveryBench): Promise<readonly Schemas["Event"][]> {
    const { data } = await bench.world.api.ask<Schemas["EventList"]>(
      "GET",
      "/v1/events?type=webhook_endpoint.*",
    );
    return data;
  }

  test("after a day of nothing but failures its owner is told, after five days it is disabled; nothing is lost, and all goes out in order once it answers", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    let isDown = true;
    receiver.answer((response) => response.writeHead(isDown ? 500 : 204).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    const names = Array.from({ length: 24 }, (_, index) => `sub_${index % 12}`);
    const ids = await bench.addEvents(...names);
    bench.startWorker();
    await until(() => receiver.received.length >= 12);
    expect(await read(bench, endpoint.id)).toMatchObject({
      enabled: true,
      health: { status: expect.stringMatching(/healthy|failing/), disabledAt: null, pending: 24 },
    });
    async function live(mostMs: number, isReached: () => Promise<boolean>): Promise<void> {
      for (let passedMs = 0; passedMs < mostMs && !(await isReached()); passedMs += 6 * hour) {
        const before = receiver.received.length;
        bench.passMs(6 * hour);
        await until(() => receiver.received.length > before, 200).catch(() => {});
        await sleep(50);
      }
      expect(await isReached()).toBe(true);
    }
    await live(2 * day, async () => (await listHealthEvents(bench)).length === 1);
    const [told] = await listHealthEvents(bench);
    expect(told).toMatchObject({
      type: "webhook_endpoint.failing",
      data: {
        id: endpoint.id,
        enabled: true,
        health: {
          status: "failing",
          reason: null,
          failingSince: "2026-11-24T09:00:00Z",
          lastError: "The endpoint answered 500.",
          nextAttemptAt: expect.any(String),
        },
        previous: { status: "failing" },
      },
    });
    await live(6 * day, async () => !(await read(bench, endpoint.id)).enabled);
    await until(async () => (await listHealthEvents(bench)).length === 2);
    expect((await listHealthEvents(bench))[1]).toMatchObject({
      type: "webhook_endpoint.disabled",
      data: {
        enabled: false,
        health: { status: "disabled", reason: "failing" },
        previous: { status: "failing", enabled: true },
      },
    });
    // What had been given up waits again, with what has come since.
    const later = await bench.addEvents("sub_0", "sub_new");
    await until(async () => (await read(bench, endpoint.id)).health.pending === 26);
    await until(async () => (await read(bench, endpoint.id)).health.restsUntil !== null);
    const { health } = await read(bench, endpoint.id);
    expect(health.lastError).toBe("The endpoint answered 500.");
    expect(health.nextAttemptAt).toBe(health.restsUntil);
    const taken: string[] = [];
    isDown = false;
    receiver.answer((response, { id }) => {
      taken.push(id);
      response.writeHead(204).end();
    });
    await live(2 * day, async () => (await read(bench, endpoint.id)).enabled);
    await until(async () => (await read(bench, endpoint.id)).health.pending === 0);
    expect(taken.toSorted()).toEqual([...ids, ...later].toSorted());
    for (const name of new Set(names)) {
      const own = ids.filter((_, index) => names[index] === name);
      expect(taken.filter((id) => own.includes(id))).toEqual(own);
    }
    await until(async () => (await listHealthEvents(bench)).length === 3);
    expect((await listHealthEvents(bench))[2]).toMatchObject({
      type: "webhook_endpoint.recovered",
      data: {
        enabled: true,
        health: { status: "healthy", lastError: null },
        previous: { status: "disabled", enabled: false },
      },
    });
    expect(
      await bench.world.api.ask("GET", `/v1/audit-log?subject=${endpoint.id}&actor=clock`),
    ).toMatchObject({
      data: [
        { action: "webhook_endpoint.recovered", after: { enabled: true } },
        { action: "webhook_endpoint.disabled", after: { enabled: false } },
      ],
    });
  }, 60_000);

  test("what failed while an endpoint was away for more than a day is tried as soon as it takes something", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    const { id } = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a", "sub_b", "sub_a");
    bench.startWorker({ retryDelaysMs: [20 * hour, 20 * hour, 36 * hour] });
    for (let attempts = 2; attempts <= 6; attempts += 2) {
      await until(async () => (await bench.listAttempts(id)).length === attempts);
      if (attempts < 6) bench.passMs(25 * hour);
    }
    await until(async () => (await listHealthEvents(bench)).length === 1);
    receiver.answer((response) => response.writeHead(204).end());
    await bench.addEvents("sub_c");
    await until(async () => (await read(bench, id)).health.pending === 0);
    await until(async () => (await read(bench, id)).health.status === "healthy");
    expect((await listHealthEvents(bench)).map(({ type }) => type)).toEqual([
      "webhook_endpoint.failing",
      "webhook_endpoint.recovered",
    ]);
  });

  test("few undelivered events disable nothing, however long", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a", "sub_b");
    bench.startWorker({ retryDelaysMs: Array.from({ length: 20 }, () => day) });
    for (let count = 2; count <= 16; count += 2) {
      await until(() => receiver.received.length >= count);
      await until(async () => (await bench.listAttempts(endpoint.id)).length >= count);
      bench.passMs(1.2 * day);
    }
    expect(await read(bench, endpoint.id)).toMatchObject({ enabled: true });
    expect((await listHealthEvents(bench)).map(({ type }) => type)).toEqual([
      "webhook_endpoint.failing",
    ]);
  });

  test("410 is told as well, and what has been off for how it fared is off for good where its owner says so", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(410).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(async () => (await listHealthEvents(bench)).length === 1);
    expect((await listHealthEvents(bench))[0]).toMatchObject({
      type: "webhook_endpoint.disabled",
      data: {
        health: { status: "disabled", reason: "gone", restsUntil: null },
        previous: { status: "healthy", enabled: true },
      },
    });
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, { enabled: false });
    bench.passMs(3 * day);
    receiver.answer((response) => response.writeHead(204).end());
    await until(() => receiver.received.length > 1, 300).catch(() => {});
    expect(receiver.received).toHaveLength(1);
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, { enabled: true });
    await until(async () => (await read(bench, endpoint.id)).health.status === "healthy");
    expect(await read(bench, endpoint.id)).toMatchObject({
      enabled: true,
      health: { pending: 0, reason: null, disabledAt: null },
    });
  });

  test.each([
    ["has been off and is switched on", [{ enabled: false }, { enabled: true }], "subscription"],
    ["is on and is said to be on", [{ enabled: true }], "fifo"],
    ["gets another URL", null, "subscription"],
  ] as const)(
    "what has failed is tried at once where an endpoint %s; it is failing until it has taken something",
    async (_, patches, ordering) => {
      const bench = await openDeliveryBench(stores);
      const receiver = await startReceiver();
      receiver.answer((response) => response.writeHead(500).end());
      const { id } = await bench.addEndpoint(receiver.url, { ordering });
      const ids = await bench.addEvents("sub_a", "sub_b", "sub_a", "sub_b");
      bench.startWorker({ retryDelaysMs: Array.from({ length: 9 }, () => 10 * hour) });
      const failed = ordering === "fifo" ? 1 : 2;
      await until(async () => (await bench.listAttempts(id)).length === failed);
      await until(async () => (await read(bench, id)).health.status === "failing");
      bench.passMs(hour);
      const mended = await startReceiver();
      const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
      for (const one of [receiver, mended])
        one.answer((response) => void mayAnswer.then(() => response.writeHead(204).end()));
      for (const patch of patches ?? [{ url: mended.url }])
        await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${id}`, patch);
      await until(() => receiver.received.length + mended.received.length > failed);
      expect(await read(bench, id)).toMatchObject({
        enabled: true,
        health: {
          status: "failing",
          failingSince: "2026-11-24T09:00:00Z",
          lastError: "The endpoint answered 500.",
          nextAttemptAt: null,
          pending: 4,
        },
      });
      answer();
      await until(async () => (await read(bench, id)).health.pending === 0);
      const taken = [...receiver.received.slice(failed), ...mended.received].map(
        ({ headers }) => headers["webhook-id"],
      );
      expect(taken.toSorted()).toEqual(ids.toSorted());
      for (const own of [
        [ids[0], ids[2]],
        [ids[1], ids[3]],
      ])
        expect(taken.filter((event) => own.includes(String(event)))).toEqual(own);
      await until(async () => (await read(bench, id)).health.status === "healthy");
      expect(await read(bench, id)).toMatchObject({
        health: { failingSince: null, lastError: null },
      });
    },
  );

  test("one that was disabled for failing and is switched on has all its days again, and is told to have recovered", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    const { id } = await bench.addEndpoint(receiver.url);
    await bench.addEvents(...Array.from({ length: 20 }, (_, index) => `sub_${index}`));
    bench.startWorker({ retryDelaysMs: Array.from({ length: 20 }, () => day) });
    const attemptsOf = async (): Promise<number> => (await bench.listAttempts(id)).length;
    while ((await read(bench, id)).enabled) {
      const before = await attemptsOf();
      bench.passMs(1.3 * day);
      await until(async () => (await attemptsOf()) > before, 500).catch(() => {});
      await sleep(50);
    }
    const before = await attemptsOf();
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${id}`, { enabled: true });
    await until(async () => (await attemptsOf()) >= before + 20);
    await sleep(100);
    expect(await read(bench, id)).toMatchObject({
      enabled: true,
      health: { status: "failing", reason: null, disabledAt: null, pending: 20 },
    });
    receiver.answer((response) => response.writeHead(204).end());
    bench.passMs(1.3 * day);
    await until(async () => (await read(bench, id)).health.pending === 0);
    await until(async () => (await read(bench, id)).health.status === "healthy");
    expect((await listHealthEvents(bench)).map(({ type }) => type)).toEqual([
      "webhook_endpoint.failing",
      "webhook_endpoint.disabled",
      "webhook_endpoint.recovered",
    ]);
  });

  test("the first success is told at once; a later one, once a minute or when something is changed", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    const tells = (lastSuccessAt: string): Promise<void> =>
      until(async () => (await read(bench, endpoint.id)).health.lastSuccessAt === lastSuccessAt);
    await bench.addEvents("sub_a");
    const first = bench.startWorker({ lookEveryMs: 60_000 });
    await tells("2026-11-24T09:00:00Z");
    await first.stop();

    const second = bench.startWorker();
    bench.passMs(1_000);
    await bench.addEvents("sub_a");
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 2);
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, { description: "" });
    await bench.world.api.ask("POST", `/v1/webhook-endpoints/${endpoint.id}/rotate-secret`, {});
    await tells("2026-11-24T09:00:01Z");
    await second.stop();
    await tells("2026-11-24T09:00:01Z");
  });

  test.each([
    ["for want of a database is told once it is back", new StoreUnavailableError("Gone."), 3],
    ["for another reason is told after the next failure", new Error("Broken."), 4],
  ])("what could not be told %s", async (_, reason, attemptsNeeded) => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    let hasFailed = false;
    bench.startWorker(
      { retryDelaysMs: Array.from({ length: 9 }, () => 10 * hour) },
      {
        store: {
          ...bench.store,
          transaction: (work) =>
            bench.store.transaction(async (tx) => {
              const result = await work(tx);
              const told = await tx
                .selectFrom("events")
                .select("id")
                .where("type", "=", "webhook_endpoint.failing")
                .executeTakeFirst();
              if (hasFailed || told === undefined) return result;
              hasFailed = true;
              throw reason;
            }),
        },
      },
    );
    // The third and the fourth attempt come more than a day after the first.
    for (let attempts = 1; attempts <= attemptsNeeded; attempts++) {
      await until(() => receiver.received.length === attempts);
      await until(() => attempts < 3 || hasFailed);
      await sleep(200);
      expect(await listHealthEvents(bench)).toHaveLength(attempts < attemptsNeeded ? 0 : 1);
      bench.passMs(12 * hour + 1);
    }
    expect(await listHealthEvents(bench)).toMatchObject([{ type: "webhook_endpoint.failing" }]);
  });

  test("an endpoint that takes something while its owner is being told has recovered", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const { promise: isBeingTold, resolve: told } = Promise.withResolvers<void>();
    receiver.answer((response, _request, index) => {
      if (index === 5) void isBeingTold.then(() => response.writeHead(204).end());
      else response.writeHead(500).end();
    });
    const { id } = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a", "sub_b");
    bench.startWorker(
      { retryDelaysMs: Array.from({ length: 9 }, () => 10 * hour) },
      {
        store: {
          ...bench.store,
          transaction: (work) =>
            bench.store.transaction(async (tx) => {
              const result = await work(tx);
              const event = await tx
                .selectFrom("events")
                .select("id")
                .where("type", "=", "webhook_endpoint.failing")
                .executeTakeFirst();
              if (event !== undefined) {
                told();
                // The answer comes before the end of the transaction.
                await sleep(100);
              }
              return result;
            }),
        },
      },
    );
    for (let attempts = 2; attempts <= 4; attempts += 2) {
      await until(async () => (await bench.listAttempts(id)).length === attempts);
      bench.passMs(12 * hour + 1);
    }
    await until(async () => (await listHealthEvents(bench)).length === 2);
    expect(await listHealthEvents(bench)).toMatchObject([
      { type: "webhook_endpoint.failing" },
      { type: "webhook_endpoint.recovered", data: { previous: { status: "failing" } } },
    ]);
    await until(async () => (await read(bench, id)).health.status === "healthy");
  });

  test("what its owner has switched off stays off, whatever comes of an attempt that was under way", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    receiver.answer((response, _request, index) => {
      if (index === 3) void mayAnswer.then(() => response.writeHead(204).end());
      else response.writeHead(500).end();
    });
    const { id } = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    bench.startWorker({ retryDelaysMs: Array.from({ length: 9 }, () => 10 * hour) });
    for (let attempts = 1; attempts <= 3; attempts++) {
      await until(async () => (await bench.listAttempts(id)).length === attempts);
      await until(async () => attempts < 3 || (await listHealthEvents(bench)).length === 1);
      bench.passMs(12 * hour + 1);
    }
    await until(() => receiver.received.length === 4);
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${id}`, { enabled: false });
    // The worker hears of it.
    await sleep(100);
    answer();
    await until(async () => (await bench.listAttempts(id)).length === 4);
    await sleep(200);
    expect(await read(bench, id)).toMatchObject({ enabled: false });
    expect(await listHealthEvents(bench)).toMatchObject([{ type: "webhook_endpoint.failing" }]);
  });
});
