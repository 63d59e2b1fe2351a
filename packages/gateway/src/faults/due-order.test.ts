import { toInstant, type Instant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import type { World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { findFaults } from "./find-faults.ts";
import { makePopulation, secondWaveAt } from "./population.ts";
import { createChance, takeSeed } from "./random.ts";
import { readLedger } from "./read-ledger.ts";

const goal = toInstant(Date.UTC(2027, 1, 2, 9));
const dayMs = 86_400_000;
const timeoutMs = 120_000;

/** Moves a sandbox to the goal in steps of so many milliseconds each. */
async function walk(world: World, nextStepMs: () => number): Promise<void> {
  let at: Instant = secondWaveAt;
  while (at < goal) {
    at = toInstant(Math.min(goal, at + nextStepMs()));
    await world.advanceTo(new Date(at).toISOString());
  }
}

describe.each(testStores)("what is due, on $name", (stores) => {
  // More subscriptions than the clockwork takes at once, due all over the month (trials by the day) or all at one midnight.
  test.each([
    { only: "Delta Mobile", count: 205 },
    { only: "Danube Telecom", count: 205 },
    { only: "Fjord Games", count: 30 },
  ])(
    "$only: charges, bills and all events in their order are the same in one leap, day by day and in steps of any size (R2, R3)",
    { timeout: timeoutMs },
    async ({ only, count }) => {
      const seed = takeSeed(`due-order ${stores.name} ${only}`);
      const chance = createChance(seed);
      const gateway = await startTestGateway(stores);
      const ledgers = [];
      for (const nextStepMs of [
        () => goal,
        () => dayMs,
        () =>
          chance.pick([
            chance.between(1, 60_000),
            chance.between(60_000, 3_600_000),
            chance.between(3_600_000, 4 * dayMs),
          ]),
      ]) {
        const [world] = await makePopulation(gateway, {
          mode: "sandbox",
          subscriptionsPerPartner: count,
          seed,
          only: [only],
        });
        if (world === undefined) throw new Error(`There is no kind of partner ${only}.`);
        await walk(world, nextStepMs);
        ledgers.push(await readLedger(gateway.store, world.partner.id, { withBillNumbers: true }));
      }
      expect(await findFaults(gateway.store)).toEqual([]);
      const [inOneLeap, dayByDay, inAnySteps] = ledgers;
      expect(inOneLeap?.bills.length).toBeGreaterThanOrEqual(2);
      expect(dayByDay).toEqual(inOneLeap);
      expect(inAnySteps).toEqual(inOneLeap);
    },
  );

  test(
    "a partner's events are placed in the order of their due time, whatever the order of its subscriptions (R2)",
    { timeout: timeoutMs },
    async () => {
      const seed = takeSeed(`due-order of one partner ${stores.name}`);
      const gateway = await startTestGateway(stores);
      const [world] = await makePopulation(gateway, {
        mode: "live",
        subscriptionsPerPartner: 205,
        seed,
        only: ["Delta Mobile"],
      });
      if (world === undefined) throw new Error("There is no such kind of partner.");
      const before = await readPlaces(gateway.store);
      gateway.setNow(goal);
      gateway.gateway.start();
      await expect
        .poll(
          async () =>
            (
              await gateway.store.reader
                .selectFrom("partners")
                .select("settlement_month")
                .executeTakeFirst()
            )?.settlement_month,
          { timeout: 30_000 },
        )
        .toBe("2027-02");
      await gateway.gateway.stop();
      const places = (await readPlaces(gateway.store)).slice(before.length);
      expect(places.length).toBeGreaterThan(400);
      const late = places.filter(
        ({ occurred_at }, index) => occurred_at < (places[index - 1]?.occurred_at ?? 0),
      );
      expect(late).toEqual([]);
      expect(await findFaults(gateway.store)).toEqual([]);
    },
  );
});

function readPlaces({
  reader,
}: Awaited<ReturnType<typeof startTestGateway>>["store"]): Promise<
  { id: string; type: string; occurred_at: number }[]
> {
  return reader
    .selectFrom("events")
    .innerJoin("event_places as place", (join) =>
      join.onRef("place.partner", "=", "events.partner").onRef("place.event", "=", "events.id"),
    )
    .select(["events.id", "events.type", "events.occurred_at"])
    .orderBy("place.position")
    .execute();
}
