import { describe, expect, test } from "vitest";
import { appendEvents } from "../store/events.ts";
import type { Store } from "../store/store.ts";
import { openDeliveryBench } from "../testing/open-delivery-bench.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { testNow } from "../testing/start-test-gateway.ts";
import { placeNewEvents, placeWithCommand } from "./place-events.ts";

describe.each(testStores)("placing events on $name", (stores) => {
  test("makes no more than about 2,000 deliveries in a transaction, and all of them in order", async () => {
    const { store, partner, addEndpoint } = await openDeliveryBench(stores);
    for (let count = 0; count < 16; count++) await addEndpoint("https://hooks.example.com/");
    await placeNewEvents(store, partner, () => testNow);
    const events = Array.from({ length: 700 }, (_, index) => ({
      type: "subscription.renewed",
      subscription: `sub_${index % 7}`,
      sequence: Math.floor(index / 7) + 1,
      occurredAt: testNow,
      data: {},
    }));
    await store.transaction((tx) => appendEvents(tx, partner, events));

    const counts = [await countDeliveries(store)];
    const counting: Store = {
      ...store,
      transaction: async (work) => {
        const result = await store.transaction(work);
        counts.push(await countDeliveries(store));
        return result;
      },
    };
    expect(await placeNewEvents(counting, partner, () => testNow)).toBe(700);
    expect(counts.at(-1)).toBe(700 * 16);
    for (const [index, count] of counts.slice(1).entries())
      expect(count - (counts[index] ?? 0)).toBeLessThanOrEqual(2_000);
    const placed = await store.reader
      .selectFrom("event_places")
      .select(["subscription", "sequence"])
      .where("type", "=", "subscription.renewed")
      .orderBy("position")
      .execute();
    expect(placed).toEqual(
      events.map(({ subscription, sequence }) => ({ subscription, sequence })),
    );
  });

  test("a command takes it upon itself on SQLite alone, in its own transaction", async () => {
    const { store, partner, world, addEndpoint } = await openDeliveryBench(stores);
    await addEndpoint("https://hooks.example.com/");
    await placeNewEvents(store, partner, () => testNow);
    const before = await countDeliveries(store);
    await world.subscribe();
    const isSqlite = stores.name === "sqlite";
    expect((await countDeliveries(store)) > before).toBe(isSqlite);
    const left = await placeNewEvents(store, partner, () => testNow);
    expect(left > 0).toBe(!isSqlite);
    expect(await countDeliveries(store)).toBeGreaterThan(before);
  });

  test("of many events a command places the first; the others follow, and no number is missing", async () => {
    const { store, partner, addEndpoint } = await openDeliveryBench(stores);
    await addEndpoint("https://hooks.example.com/");
    await placeNewEvents(store, partner, () => testNow);
    const before = await countDeliveries(store);
    const events = Array.from({ length: 40 }, (_, index) => ({
      type: "subscription.renewed",
      subscription: `sub_${index % 3}`,
      sequence: Math.floor(index / 3) + 1,
      occurredAt: testNow,
      data: {},
    }));
    await store.transaction(async (tx) => {
      await appendEvents(tx, partner, events);
      await placeWithCommand(tx, store.dialect, partner, testNow);
    });
    const placed = (await countDeliveries(store)) - before;
    expect(placed).toBe(stores.name === "sqlite" ? 32 : 0);
    expect(await placeNewEvents(store, partner, () => testNow)).toBe(40 - placed);
    const rows = await store.reader
      .selectFrom("webhook_deliveries")
      .select(["lane", "sequence"])
      .orderBy("sequence")
      .execute();
    expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => index + 1));
    expect(rows.slice(before).map(({ lane }) => lane)).toEqual(
      events.map(({ subscription }) => subscription),
    );
  });
});

async function countDeliveries(store: Store): Promise<number> {
  const rows = await store.reader.selectFrom("webhook_deliveries").select("event").execute();
  return rows.length;
}
