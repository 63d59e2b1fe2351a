import { describe, expect, test } from "vitest";
import { createChance } from "../faults/random.ts";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

const readUpcoming = (world: World): Promise<Schemas["UpcomingBill"]> =>
  world.api.ask("GET", "/v1/bills/upcoming");
const readDiscounts = (world: World, query = ""): Promise<Schemas["Discounts"]> =>
  world.api.ask("GET", `/v1/discounts${query}`);

/** More subscriptions than are looked at in one go, of 120 customers: some paused, stopped, still free, some with two charges in a month. */
async function populate(world: World, seed: number): Promise<void> {
  const chance = createChance(seed);
  const customers: string[] = [];
  for (let index = 0; index < 120; index++) {
    const { id } = await world.api.ask<Schemas["Customer"]>("POST", "/v1/customers", {
      name: `${chance.pick(["Álfa", "beta", "Ωmega", "zeta 𝒵", "zeta \uff5a"])} ${index}`,
    });
    customers.push(id);
  }
  for (let index = 0; index < 620; index++) {
    const { id } = await world.subscribe({
      customer: chance.pick(customers),
      product: chance.pick([world.products.a, world.products.b]).id,
      quantity: chance.between(1, 3),
      ...(world.partner.type === "xsp" ? { trial: "none" } : {}),
    });
    const order = chance.between(0, 9);
    if (order === 0) await world.api.ask("POST", `/v1/subscriptions/${id}/pause`, { days: 40 });
    if (order === 1)
      await world.api.ask("POST", `/v1/subscriptions/${id}/cancel`, { effective: "period_end" });
    if (order === 2)
      await world.api.ask("PATCH", `/v1/subscriptions/${id}`, {
        quantity: 9,
        effective: "next_period",
      });
  }
}

describe.each(testStores)("the upcoming bill on $name", (stores) => {
  test.each([
    { type: "msp", billingPeriod: "calendar_month" },
    { type: "xsp", billingPeriod: "thirty_days" },
  ] as const)(
    "of many subscriptions is the bill that is then made: $type, $billingPeriod",
    { timeout: 120_000 },
    async (partner) => {
      const world = await makeWorld(await startTestGateway(stores), {
        ...partner,
        clock: "2026-11-01T09:00:00Z",
      });
      await populate(world, 7);
      // One's periods of 30 days end on 30 November and 30 December; of the months that follow, each has charges made and to come.
      await world.advanceTo("2026-12-15T09:00:00Z");
      const upcoming = await readUpcoming(world);
      expect(upcoming.lineCount).toBeGreaterThan(250);
      await world.advanceTo("2027-01-01T09:00:00Z");
      const { data } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
      const bill = data.find(({ month }) => month === upcoming.month);
      const { issuesAt, ...sums } = upcoming;
      expect({ ...bill, issuesAt: bill?.issuedAt }).toMatchObject({ ...sums, issuesAt });
      expect(upcoming.customers).toHaveLength(100);
    },
  );

  test("lets other requests through while it is computed", { timeout: 60_000 }, async () => {
    const world = await makeWorld(await startTestGateway(stores), { type: "msp" });
    await populate(world, 8);
    let isComputed = false;
    const upcoming = readUpcoming(world).then(() => {
      isComputed = true;
    });
    for (let count = 0; count < 3; count++) await world.api.ask("GET", "/v1/partner");
    expect(isComputed).toBe(false);
    await upcoming;
  });
});

describe.each(testStores)("R20 how far discounts have come, on $name", (stores) => {
  test("units of all customers, the tier reached, and what is missing to the next", async () => {
    const world = await makeWorld(await startTestGateway(stores), { type: "msp" });
    await world.subscribe({ quantity: 60 });
    await world.subscribe({ quantity: 30, customer: { name: "Penzión Dunaj" } });
    await world.subscribe({ quantity: 7, product: "code:B" });
    // In the trial nothing will be charged for November.
    expect(await readDiscounts(world)).toEqual({
      month: "2026-11",
      currency: "EUR",
      discountCount: 0,
      discounts: [],
    });
    await world.advanceTo("2026-12-10T00:00:00Z");
    const { discounts } = await readDiscounts(world);
    expect(discounts).toMatchObject([
      {
        product: world.products.a.id,
        units: 90,
        unitPrice: "2.00",
        validFrom: "2026-01-01",
        tier: { from: 50, discountPercent: "5" },
        net: "171.00",
        next: {
          from: 100,
          discountPercent: "12",
          missingUnits: 10,
          net: "158.40",
          missingNet: "17.60",
        },
      },
      {
        product: world.products.b.id,
        units: 7,
        tier: null,
        net: "21.00",
        next: { from: 50, missingUnits: 43, net: "19.95" },
      },
    ]);
    expect((await readDiscounts(world, "?product=code:B")).discounts).toEqual([discounts[1]]);
    expect((await readUpcoming(world)).net).toBe("192.00");

    // What it says of the next tier is what comes once the missing units are there.
    await world.subscribe({ quantity: 10 });
    await world.advanceTo("2027-01-10T00:00:00Z");
    const later = await readDiscounts(world);
    expect(later.discounts[0]).toMatchObject({ units: 100, net: "176.00", next: null });
  });

  test("who has no such discounts is told of none", async () => {
    const world = await makeWorld(await startTestGateway(stores), { type: "reseller" });
    await world.subscribe({ quantity: 60 });
    await world.advanceTo("2026-12-10T00:00:00Z");
    expect((await readDiscounts(world)).discounts).toEqual([]);
  });
});
