import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { openReplayBench } from "../../testing/open-replay-bench.ts";
import { until } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver } from "../../testing/start-receiver.ts";

type Schemas = components["schemas"];

describe.each(testStores)("delivering an event once more on $name", (stores) => {
  test("the endpoint gets the same bytes, under the same number and id", async () => {
    const bench = await openReplayBench(stores);
    const receiver = await startReceiver();
    const { id } = await bench.addEndpoint(receiver.url);
    const [first = "", second = ""] = await bench.addEvents("sub_a", "sub_b");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(id)).length === 2);
    expect(
      await bench.world.api.ask("POST", `/v1/events/${second}/redeliver`, { endpoint: id }),
    ).toEqual({ event: second, deliveries: [{ endpoint: id, sequence: 2 }] });
    await until(async () => (await bench.listAttempts(id)).length === 3);
    const of = (event: string): readonly string[] =>
      receiver.received.filter((request) => request.id === event).map(({ body }) => body);
    expect(of(first)).toHaveLength(1);
    expect(of(second)).toHaveLength(2);
    expect(new Set(of(second)).size).toBe(1);
    expect(await bench.listDeliveries(id)).toEqual([
      `1 delivered ${first}`,
      `2 delivered ${second}`,
    ]);
  });

  test("without a name it goes to all that want it: those that had it, and under its next number to one that never had it", async () => {
    const bench = await openReplayBench(stores);
    const had = await bench.addTarget();
    const [event = ""] = await bench.addEvents("sub_a");
    await bench.finish(had, "delivered", [1]);
    const late = await bench.addTarget({ eventTypes: ["*"] });
    const other = await bench.addTarget({ eventTypes: ["bill.issued"] });
    const [later = ""] = await bench.addEvents("sub_b");
    const redelivered = await bench.world.api.ask<Schemas["Redelivery"]>(
      "POST",
      `/v1/events/${event}/redeliver`,
      {},
    );
    expect(redelivered.deliveries).toHaveLength(2);
    expect(redelivered.deliveries).toEqual(
      expect.arrayContaining([
        { endpoint: had, sequence: 1 },
        { endpoint: late, sequence: 2 },
      ]),
    );
    expect(await bench.listDeliveries(had)).toEqual([`1 pending ${event}`, `2 pending ${later}`]);
    expect(await bench.listDeliveries(late)).toEqual([`1 pending ${later}`, `2 pending ${event}`]);
    expect(await bench.listDeliveries(other)).toEqual([]);
  });

  test("an endpoint that is named gets it whatever it wants; nobody else does", async () => {
    const bench = await openReplayBench(stores);
    const named = await bench.addTarget({ eventTypes: ["bill.issued"] });
    const all = await bench.addTarget();
    const [event = ""] = await bench.addEvents("sub_a");
    await bench.finish(all, "failed", [1]);
    await bench.world.api.ask("POST", `/v1/events/${event}/redeliver`, { endpoint: named });
    expect(await bench.listDeliveries(named)).toEqual([`1 pending ${event}`]);
    expect(await bench.listDeliveries(all)).toEqual([`1 failed ${event}`]);
  });

  test("one that waits for its next attempt is made at once, with its attempts counted", async () => {
    const bench = await openReplayBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    const { id } = await bench.addEndpoint(receiver.url);
    const [event = ""] = await bench.addEvents("sub_a");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(id)).length === 1);
    receiver.answer((response) => response.writeHead(204).end());
    await bench.world.api.ask("POST", `/v1/events/${event}/redeliver`, { endpoint: id });
    await until(async () => (await bench.listAttempts(id)).length === 2);
    expect((await bench.listAttempts(id)).map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, "failed"],
      [2, "succeeded"],
    ]);
  });

  test("an event that nobody wants goes nowhere, and says so", async () => {
    const bench = await openReplayBench(stores);
    await bench.addTarget({ eventTypes: ["bill.issued"] });
    const [event = ""] = await bench.addEvents("sub_a");
    expect(await bench.world.api.ask("POST", `/v1/events/${event}/redeliver`, {})).toEqual({
      event,
      deliveries: [],
    });
  });

  test("it is on record who asked for it", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    const [event = ""] = await bench.addEvents("sub_a");
    await bench.world.api.ask(
      "POST",
      `/v1/events/${event}/redeliver`,
      { endpoint },
      { headers: { "evergate-actor": "Jana" } },
    );
    expect(await bench.world.api.ask("GET", `/v1/audit-log?subject=${event}`)).toMatchObject({
      data: [
        {
          action: "redeliverEvent",
          actor: "Jana",
          before: null,
          after: { event, deliveries: [{ endpoint, sequence: 1 }] },
        },
      ],
    });
  });

  test("asked for by many at once, an event that an endpoint never had is queued once", async () => {
    const bench = await openReplayBench(stores);
    const [event = ""] = await bench.addEvents("sub_a");
    const endpoint = await bench.addTarget();
    const replies = await Promise.all(
      Array.from({ length: 12 }, () =>
        bench.world.api.call("POST", `/v1/events/${event}/redeliver`, { endpoint }),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(await bench.listDeliveries(endpoint)).toEqual([`1 pending ${event}`]);
  });
});
