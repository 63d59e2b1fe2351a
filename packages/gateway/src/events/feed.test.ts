import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { appendEvents } from "../store/events.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../testing/open-delivery-bench.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startReceiver } from "../testing/start-receiver.ts";

type Schemas = components["schemas"];

const writerCount = 8;
const turns = 25;

/** What is read of a delivery. */
interface Delivered {
  readonly data: { readonly previous?: { readonly name: string } };
  readonly delivery: { readonly endpoint: string; readonly sequence: number };
}

type Arrived = { readonly content: Delivered };

/** Who wrote the event, and as its how-manieth: `previous.name` is `3/17`. */
const writerOf = ({ content }: Arrived): string | undefined =>
  content.data.previous?.name.split("/")[0];
const partOf = ({ content }: Arrived): number =>
  Number(content.data.previous?.name.split("/")[1] ?? "1");

/**
 * Writers whose transactions overlap and stay open for a while after their events are in, so that they commit in
 * another order than that of ids and times; each numbers the events of a subscription of its own.
 */
async function writeAtOnce(bench: DeliveryBench, isHeldOpen: boolean): Promise<void> {
  const { store, partner, world } = bench;
  const customer = await world.api.ask<Schemas["Customer"]>("POST", "/v1/customers", {
    name: "Of the feed",
  });
  const write = async (writer: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn++)
      await store.transaction(async (tx) => {
        await appendEvents(
          tx,
          partner,
          [1, 2].map((part) => ({
            type: "customer.updated",
            subscription: `sub_${writer}`,
            sequence: turn * 2 + part,
            occurredAt: world.gateway.gateway.services.now(),
            data: { ...customer, previous: { name: `${writer}/${turn * 2 + part}` } },
          })),
        );
        // On SQLite a transaction may await nothing but the database.
        if (isHeldOpen) await sleep((writer * 7 + turn * 13) % 40);
      });
  };
  await Promise.all(Array.from({ length: writerCount }, (_, writer) => write(writer)));
}

/** Reads the feed on and on as it grows, from the last event seen, until `isOver` and nothing is left. */
async function follow(
  bench: DeliveryBench,
  limit: number,
  isOver: () => boolean,
): Promise<readonly Schemas["Event"][]> {
  const seen: Schemas["Event"][] = [];
  for (;;) {
    const wasOver = isOver();
    const after = seen.at(-1)?.id;
    const { data } = await bench.world.api.ask<Schemas["EventList"]>(
      "GET",
      `/v1/events?limit=${limit}${after === undefined ? "" : `&after=${after}`}`,
    );
    seen.push(...data);
    if (wasOver && data.length === 0) return seen;
  }
}

describe.each(testStores)("the feed of events on $name", (stores) => {
  test("read while it grows under many writers, it skips none that committed late, and never changes what it has told", async () => {
    const bench = await openDeliveryBench(stores, { withBackground: true });
    let isOver = false;
    const readers = Promise.all([1, 7, 200].map((limit) => follow(bench, limit, () => isOver)));
    await writeAtOnce(bench, stores.name === "postgres");
    isOver = true;
    const [one = [], ...others] = await readers;
    for (const other of others) expect(other).toEqual(one);
    const all = await follow(bench, 200, () => true);
    expect(one).toEqual(all);
    const stored = await bench.store.reader
      .selectFrom("events")
      .select("id")
      .where("partner", "=", bench.partner)
      .execute();
    expect(stored.length).toBeGreaterThan(writerCount * turns * 2);
    expect(one.map(({ id }) => id).toSorted()).toEqual(stored.map(({ id }) => id).toSorted());
    // It was put to the test: where many write at once, some did commit after others whose ids are greater.
    const ids = one.map(({ id }) => id);
    const isDisordered = ids.some((id, index) => id < (ids[index - 1] ?? ""));
    expect(isDisordered || stores.name === "sqlite").toBe(true);
  });

  test("it is what is pushed: the same events, in the same order, all but the delivery object", async () => {
    const bench = await openDeliveryBench(stores, { withBackground: true });
    const receiver = await startReceiver();
    // Places are given before the endpoint is there, so that both begin with the same event.
    const { data: before } = await bench.world.api.ask<Schemas["EventList"]>("GET", "/v1/events");
    const { id } = await bench.addEndpoint(receiver.url, { eventTypes: ["*"] });
    let isOver = false;
    const reading = follow(bench, 50, () => isOver);
    await writeAtOnce(bench, stores.name === "postgres");
    isOver = true;
    const pulled = (await reading).slice(before.length);
    await until(() => receiver.received.length === pulled.length, 20_000);
    // What is of different subscriptions may overtake each other on the way; the numbers tell the order.
    const arrived = receiver.received.map((request) => ({
      ...request,
      content: JSON.parse(request.body) as Delivered,
    }));
    const inOrder = arrived.toSorted(
      (one, other) => one.content.delivery.sequence - other.content.delivery.sequence,
    );
    expect(inOrder.map((request) => request.id)).toEqual(pulled.map((event) => event.id));
    for (const [index, event] of pulled.entries()) {
      // Not only the same values: the same text.
      const { id: _, ...envelope } = event;
      expect(inOrder[index]?.body).toBe(
        `${JSON.stringify(envelope).slice(0, -1)},"delivery":{"endpoint":"${id}","sequence":${index + 1}}}`,
      );
    }
    for (const events of Map.groupBy(arrived, writerOf).values())
      expect(events.map(partOf)).toEqual(events.map((_, index) => index + 1));
  });
});
