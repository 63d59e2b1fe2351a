import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

async function readRows(
  { api }: World,
  query: string,
): Promise<readonly Schemas["ReconciliationRow"][]> {
  const { data } = await api.ask<Schemas["ReconciliationList"]>(
    "GET",
    `/v1/reports/reconciliation?limit=200&${query}`,
  );
  return data;
}

describe.each(testStores)("GET /v1/reports/reconciliation on $name", (stores) => {
  test("200 every charge once, with all its ids; they add up to the bill", async () => {
    const world = await makeWorld(await startTestGateway(stores), { type: "msp" });
    const { id, customer } = await world.subscribe({
      quantity: 60,
      externalId: "S-1001/1",
      customer: { name: "Hotel Carpathia", externalId: "S-1001" },
    });
    await world.subscribe({ quantity: 45, customer: { name: "Penzión Dunaj" } });
    await world.subscribe({ quantity: 1, customer: "ext:S-1001", product: world.products.b.id });
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    const { data: bills } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    const rows = await readRows(world, "month=2026-12");
    expect(rows[0]).toEqual({
      charge: expect.stringMatching(/^charge_/) as string,
      month: "2026-12",
      bill: bills[0]?.id,
      billNumber: bills[0]?.number,
      customer,
      customerExternalId: "S-1001",
      customerName: "Hotel Carpathia",
      subscription: id,
      subscriptionExternalId: "S-1001/1",
      product: world.products.a.id,
      productCode: "A",
      periodStartsOn: "2026-12-01",
      periodEndsOn: "2026-12-31",
      quantity: 60,
      unitPrice: "2.00",
      daysCharged: null,
      daysOf: null,
      discountPercent: "12",
      amount: "105.60",
      currency: "EUR",
    });
    expect(rows.map(({ amount }) => amount)).toEqual(["105.60", "3.00", "79.20"]);
    expect(bills[0]?.net).toBe("187.80");
  });

  test("200 without a bill until the month is settled, with the days where they are counted", async () => {
    const world = await makeWorld(await startTestGateway(stores), {
      type: "xsp",
      billingPeriod: "thirty_days",
    });
    await world.subscribe({ trial: "none" });
    // Its period ends on 23 December, its month a week later.
    await world.advanceTo("2026-12-26T00:00:00+01:00");
    expect(await readRows(world, "")).toMatchObject([
      { bill: null, billNumber: null, periodStartsOn: "2026-11-24", periodEndsOn: "2026-12-23" },
    ]);
    expect(await readRows(world, "month=2026-11")).toEqual([]);
  });

  test("200 a prorated charge with its days", async () => {
    const world = await makeWorld(await startTestGateway(stores), { type: "xsp" });
    await world.subscribe({ trial: { days: 14 } });
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    expect(await readRows(world, "month=2026-12")).toMatchObject([{ daysCharged: 24, daysOf: 31 }]);
  });

  test("200 the name that stands on the bill, whatever the customer is called later", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { customer } = await world.subscribe();
    await world.advanceTo("2027-01-10T00:00:00+01:00");
    await world.api.ask("PATCH", `/v1/customers/${customer}`, { name: "Hotel Tatra" });
    const [row] = await readRows(world, "month=2026-12");
    expect(row?.customerName).toBe("Hotel Carpathia");
  });

  test("422 time_not_reached for a month that has not begun", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { status, body } = await world.api.call(
      "GET",
      "/v1/reports/reconciliation?month=2026-12",
    );
    expect([status, body]).toMatchObject([422, { code: "time_not_reached" }]);
  });
});
