import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { placeNewEvents } from "../events/place-events.ts";
import { toPartnerId } from "../ids.ts";
import { insertRows } from "../store/insert-rows.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, testNow } from "../testing/start-test-gateway.ts";

describe.each(testStores)("ids made by processes whose clocks differ, on $name", (stores) => {
  test("never place a subscription's events out of their order, not even with thousands waiting (R27)", async () => {
    const gateway = await startTestGateway(stores);
    const world = await makeWorld(gateway);
    const partner = toPartnerId(world.partner.id);
    await placeNewEvents(gateway.store, partner, () => testNow);
    // Subscription 0's events come from a process whose clock runs backwards beside all the others'.
    const rows = Array.from({ length: 1_800 }, (_, index) => {
      const subscription = index % 60;
      const sequence = Math.floor(index / 60) + 1;
      const id =
        subscription === 0
          ? `evt_${String(10_000 + (31 - sequence) * 60)}`
          : `evt_${String(10_000 + index)}`;
      return { id, subscription: `sub_${subscription}`, sequence };
    });
    await gateway.store.transaction(async (tx) => {
      await insertRows(
        tx,
        "events",
        rows.map(({ id, subscription, sequence }) => ({
          partner,
          id,
          type: "subscription.updated",
          subscription,
          sequence,
          occurred_at: toInstant(testNow + sequence),
          payload: "{}",
        })),
      );
      await insertRows(
        tx,
        "event_places",
        rows.map(({ id, subscription, sequence }) => ({
          partner,
          event: id,
          type: "subscription.updated",
          subscription,
          sequence,
          subject: null,
          position: null,
          placed_at: null,
        })),
      );
    });
    await placeNewEvents(gateway.store, partner, () => testNow);
    const placed = await gateway.store.reader
      .selectFrom("event_places")
      .selectAll()
      .where("partner", "=", partner)
      .orderBy("position")
      .execute();
    expect(placed.map(({ position }) => position)).toEqual(placed.map((_, index) => index + 1));
    const sequences = Map.groupBy(
      placed.filter(({ subscription }) => subscription !== null),
      ({ subscription }) => subscription,
    );
    for (const [subscription, events] of sequences)
      expect([subscription, events.map(({ sequence }) => sequence)]).toEqual([
        subscription,
        Array.from({ length: 30 }, (_, index) => index + 1),
      ]);
  });
});
