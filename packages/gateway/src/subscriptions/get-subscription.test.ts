import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { createChance } from "../faults/random.ts";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { liveOn } from "../testing/live-randomly.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, testNow } from "../testing/start-test-gateway.ts";

type Subscription = components["schemas"]["Subscription"];

const at = (ms: number): string => new Date(ms).toISOString();

describe.each(testStores)("GET /v1/subscriptions/{id}?asOf= on $name", (stores) => {
  const readAsOf = (world: World, id: string, ms: number) =>
    world.api.call<Subscription>("GET", `/v1/subscriptions/${id}?asOf=${at(ms)}`);

  test.each([
    { seed: 1, type: "reseller", billingPeriod: "calendar_month" },
    { seed: 2, type: "xsp", billingPeriod: "thirty_days" },
    { seed: 3, type: "xsp", billingPeriod: "calendar_month" },
    { seed: 4, type: "msp", billingPeriod: "thirty_days" },
  ] as const)(
    "200 what the API answered at every instant of a random life (seed $seed, $type, $billingPeriod)",
    async ({ seed, type, billingPeriod }) => {
      const world = await makeWorld(await startTestGateway(stores), { type, billingPeriod });
      const chance = createChance(seed);
      const { id } = await world.subscribe({
        externalId: "life",
        term: { periods: 2, renews: chance.between(0, 1) === 1 },
      });
      const answered = new Map<number, unknown>();
      let now: number = testNow;
      for (let turn = 0; turn < 60; turn++) {
        now = await liveOn(world, id, chance, now);
        const { body, headers } = await world.api.call("GET", `/v1/subscriptions/${id}`);
        answered.set(now, [body, headers.get("etag")]);
      }
      expect(
        new Set([...answered.values()].map((one) => JSON.stringify(one))).size,
      ).toBeGreaterThan(8);
      for (const [ms, then] of answered) {
        const { body, headers } = await readAsOf(world, "ext:life", ms);
        expect([ms, body, headers.get("etag")]).toEqual([ms, ...(then as [unknown, unknown])]);
      }
    },
  );

  test("200 between two changes it is as the first has left it", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe();
    await world.advanceTo("2026-12-10T12:00:00Z");
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 25 });
    const quantityAt = async (instant: string): Promise<number> =>
      (await readAsOf(world, id, Date.parse(instant))).body.quantity;
    expect(await quantityAt("2026-12-10T11:59:59.999Z")).toBe(10);
    expect(await quantityAt("2026-12-10T12:00:00Z")).toBe(25);
  });

  test("200 where the clock's work is behind, what it will have come to", async () => {
    const gateway = await startTestGateway(stores);
    const world = await makeWorld(gateway, { mode: "live" });
    const { id } = await world.subscribe();
    gateway.setNow(toInstant(Date.parse("2027-01-05T00:00:00Z")));
    const { body } = await readAsOf(world, id, Date.parse("2026-12-15T00:00:00Z"));
    expect(body.status).toBe("active");
    expect(body.period?.startsAt).toBe("2026-11-30T23:00:00Z");
    expect((await readAsOf(world, id, testNow)).body.status).toBe("trialing");
  });

  test("404 with the instant at which it was made, before that", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe();
    const { status, body } = await readAsOf(world, id, testNow - 1);
    expect(status).toBe(404);
    expect(body).toMatchObject({
      code: "not_found",
      detail: `There was no subscription ${id} at 2026-11-24T08:59:59.999Z: it was made at 2026-11-24T09:00:00Z.`,
    });
  });

  test("422 time_not_reached in the future of the partner's clock", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe();
    expect(await readAsOf(world, id, testNow + 1)).toMatchObject({
      status: 422,
      body: { code: "time_not_reached" },
    });
    expect((await readAsOf(world, id, testNow)).status).toBe(200);
  });
});
