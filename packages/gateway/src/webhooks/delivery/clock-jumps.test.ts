import { describe, expect, test } from "vitest";
import { makeId } from "../../ids.ts";
import { never } from "../../store/waits.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver, type Receiver } from "../../testing/start-receiver.ts";

const hour = 3_600_000;
const day = 24 * hour;

const failures = [
  { name: "503", status: 503, headers: {}, ordering: "subscription" },
  {
    name: "503 with Retry-After",
    status: 503,
    headers: { "retry-after": "80000" },
    ordering: "fifo",
  },
  { name: "500", status: 500, headers: {}, ordering: "fifo" },
] as const;

describe.each(testStores)("a clock that jumps, on $name", (stores) => {
  async function health(bench: DeliveryBench, endpoint: string) {
    const { health: shown } = await bench.world.api.ask<{
      health: {
        status: string;
        pending: number;
        restsUntil: string | null;
        nextAttemptAt: string | null;
      };
    }>("GET", `/v1/webhook-endpoints/${endpoint}`);
    return shown;
  }

  const read = (bench: DeliveryBench) =>
    bench.store.reader
      .selectFrom("webhook_queues")
      .select(["due_at", "resumes_at", "lease_owner"])
      .executeTakeFirstOrThrow();

  /** Each event came last when it was taken, in its subscription's order. */
  function expectOrder(taken: readonly string[], ...lanes: readonly (readonly string[])[]): void {
    for (const lane of lanes) expect(taken.filter((id) => lane.includes(id))).toEqual(lane);
    expect(taken.toSorted()).toEqual(lanes.flat().toSorted());
  }

  function takeAll(receiver: Receiver): readonly string[] {
    const taken: string[] = [];
    receiver.answer((response, { id }) => {
      taken.push(id);
      response.writeHead(204).end();
    });
    return taken;
  }

  test.each(
    failures.flatMap((failure) =>
      [false, true].map((isRestarted) => ({ ...failure, isRestarted })),
    ),
  )(
    "nothing waits for an instant set 10 days ahead: $name, restarted: $isRestarted",
    async ({ status, headers, ordering, isRestarted }) => {
      const bench = await openDeliveryBench(stores);
      const receiver = await startReceiver();
      receiver.answer((response) => response.writeHead(status, headers).end());
      const endpoint = await bench.addEndpoint(receiver.url, { ordering });
      bench.passMs(10 * day);
      const first = await bench.addEvents("sub_a", "sub_a", "sub_b");
      const worker = bench.startWorker({ idleMs: 50 });
      await until(async () => (await bench.listAttempts(endpoint.id)).length > 0);
      if (isRestarted) await worker.stop();
      const second = await bench.addEvents("sub_a");
      const taken = takeAll(receiver);
      bench.passMs(-10 * day);
      if (isRestarted) bench.startWorker({ idleMs: 50 });
      const third = await bench.addEvents("sub_b");
      await until(async () => (await health(bench, endpoint.id)).pending === 0);
      expectOrder(taken, [...first.slice(0, 2), ...second], [...first.slice(2), ...third]);
      // Nor when that instant comes near.
      await until(async () => (await read(bench)).resumes_at === null);
      bench.passMs(10 * day - hour);
      await bench.addEvents("sub_c");
      await until(() => taken.length === 6);
    },
  );

  test("what is shown tells what is done, not what was put off", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(503).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    bench.passMs(10 * day);
    await bench.addEvents(makeId("sub"));
    const worker = bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length > 0);
    await worker.stop();
    expect(await health(bench, endpoint.id)).toMatchObject({
      restsUntil: "2026-12-04T09:00:01Z",
      nextAttemptAt: "2026-12-04T09:00:06Z",
    });
    bench.passMs(-10 * day);
    expect(await health(bench, endpoint.id)).toMatchObject({
      restsUntil: null,
      nextAttemptAt: "2026-11-24T09:00:00Z",
    });
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { nextAttemptAt: "2026-11-24T09:00:00Z" },
    ]);
    expect(
      await bench.world.api.ask("GET", `/v1/webhook-endpoints/${endpoint.id}/deliveries`),
    ).toMatchObject({ data: [{ status: "pending", waitsFor: "turn" }] });
  });

  test.each(failures)(
    "where it goes back first and then comes right, all goes out: $name",
    async ({ status, headers }) => {
      const bench = await openDeliveryBench(stores);
      const receiver = await startReceiver();
      receiver.answer((response) => response.writeHead(status, headers).end());
      const endpoint = await bench.addEndpoint(receiver.url);
      const first = await bench.addEvents("sub_a", "sub_b");
      bench.startWorker({ idleMs: 50 });
      await until(async () => (await bench.listAttempts(endpoint.id)).length > 0);
      const before = receiver.received.length;
      bench.passMs(-10 * day);
      const second = await bench.addEvents("sub_a");
      await until(() => receiver.received.length > before);
      await until(async () => (await bench.listAttempts(endpoint.id)).length > before);
      // Once for each of them: then it is waited for by the clock as it is now.
      await new Promise((resolve) => void setTimeout(resolve, 200));
      expect(receiver.received.length).toBeLessThanOrEqual(before + 3);
      const taken = takeAll(receiver);
      // What had not come to its second attempt meanwhile waits for it as it did before.
      bench.passMs(11 * day);
      await until(async () => (await health(bench, endpoint.id)).pending === 0);
      expectOrder(taken, [...first.slice(0, 1), ...second], first.slice(1));
    },
  );

  test("a probe that was put off by it is made", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    const ids = await bench.addEvents(...Array.from({ length: 20 }, (_, index) => `sub_${index}`));
    bench.startWorker({ idleMs: 50 });
    await until(() => receiver.received.length === 20);
    bench.passMs(10 * day);
    await until(async () => (await health(bench, endpoint.id)).status === "disabled");
    await until(async () => (await read(bench)).lease_owner === null);
    const taken = takeAll(receiver);
    bench.passMs(-10 * day);
    await until(async () => (await health(bench, endpoint.id)).pending === 0);
    expect(await health(bench, endpoint.id)).toMatchObject({ status: "healthy" });
    expect(taken.toSorted()).toEqual(ids.toSorted());
  });

  test("a rest of an endpoint that has nothing is unmade too", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(503, { "retry-after": "80000" }).end());
    await bench.addEndpoint(receiver.url);
    bench.passMs(10 * day);
    await bench.addEvents("sub_a");
    bench.startWorker({ idleMs: 20, retryDelaysMs: [] });
    await until(async () => {
      const { resumes_at, lease_owner } = await read(bench);
      return resumes_at !== null && lease_owner === null;
    });
    bench.passMs(-10 * day);
    await until(async () => (await read(bench)).resumes_at === null);
    await until(async () => (await read(bench)).due_at === null);
    const taken = takeAll(receiver);
    bench.passMs(9 * day);
    await bench.addEvents("sub_a");
    await until(() => taken.length === 1);
  });

  test("what is off stays off", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    bench.startWorker({ idleMs: 20 });
    bench.passMs(10 * day);
    await bench.addEvents("sub_a");
    await until(() => receiver.received.length === 1);
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, { enabled: false });
    await bench.addEvents("sub_a");
    bench.passMs(-20 * day);
    await bench.addEvents("sub_a");
    await new Promise((resolve) => void setTimeout(resolve, 200));
    expect(receiver.received).toHaveLength(1);
    expect((await read(bench)).resumes_at).toBe(never);
    bench.passMs(10 * day);
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, { enabled: true });
    await until(() => receiver.received.length === 3);
  });
});
