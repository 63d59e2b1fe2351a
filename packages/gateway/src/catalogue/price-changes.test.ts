import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

const makePrice = (
  { operator }: World,
  input: Partial<Schemas["PriceInput"]>,
): Promise<{ readonly status: number; readonly body: Schemas["Price"] & { code?: string } }> =>
  operator.call("POST", "/v1/prices", {
    product: "code:A",
    channel: "msp",
    currency: "EUR",
    unitPrice: "2.00",
    ...input,
  });

/** The bills as `2026-12: 60 × 2.00 − 5 % = 114.00, net 114.00`, oldest first. */
async function readBills({ api }: World): Promise<readonly string[]> {
  const { data: bills } = await api.ask<Schemas["BillList"]>("GET", "/v1/bills");
  const lines: string[] = [];
  for (const { id, month, net } of bills.toReversed()) {
    const { data } = await api.ask<Schemas["ChargeList"]>("GET", `/v1/bills/${id}/lines`);
    for (const { quantity, unitPrice, discountPercent, amount } of data)
      lines.push(
        `${month}: ${quantity} × ${unitPrice} − ${discountPercent} % = ${amount}, net ${net}`,
      );
  }
  return lines;
}

describe.each(testStores)("prices and tiers that change on $name", (stores) => {
  test("after a month has begun: it is billed as it began, tiers too, and the next one anew (R19, R20)", async () => {
    const world = await makeWorld(await startTestGateway(stores), { type: "msp" });
    await world.subscribe({ quantity: 60 });
    await world.advanceTo("2026-12-05T09:00:00Z");
    const changed = await makePrice(world, {
      unitPrice: "1.00",
      validFrom: "2026-12-10",
      tiers: [{ from: 10, discountPercent: "50" }],
    });
    expect(changed.status).toBe(201);
    await world.advanceTo("2026-12-20T09:00:00Z");
    // What is ordered within the month has the month's price and tiers, after the change as before it.
    const { data } = await world.api.ask<Schemas["SubscriptionList"]>("GET", "/v1/subscriptions");
    await world.api.ask("PATCH", `/v1/subscriptions/${data[0]?.id}`, { quantity: 70 });
    expect(await world.api.ask("GET", "/v1/bills/upcoming")).toMatchObject({ net: "133.00" });
    await world.advanceTo("2027-02-01T00:00:00+01:00");
    expect(await readBills(world)).toEqual([
      "2026-12: 70 × 2.00 − 5 % = 133.00, net 133.00",
      "2027-01: 70 × 1.00 − 50 % = 35.00, net 35.00",
    ]);
  });

  test("on one bill, each charge by the price and the tiers of its own day, the units of all counted together", async () => {
    const world = await makeWorld(await startTestGateway(stores), {
      type: "msp",
      billingPeriod: "thirty_days",
      clock: "2026-10-01T09:00:00Z",
    });
    await makePrice(world, {
      unitPrice: "1.00",
      validFrom: "2026-12-10",
      tiers: [{ from: 100, discountPercent: "50" }],
    });
    // Free for 30 days (R6), then paid from 1 December and from 12 December on.
    await world.advanceTo("2026-11-01T09:00:00Z");
    await world.subscribe({ quantity: 60, customer: { name: "A" } });
    await world.advanceTo("2026-11-12T09:00:00Z");
    await world.subscribe({ quantity: 50, customer: { name: "B" } });
    await world.advanceTo("2027-02-01T00:00:00+01:00");
    expect((await readBills(world)).filter((line) => !line.startsWith("2027-01"))).toEqual([
      "2026-12: 60 × 2.00 − 5 % = 114.00, net 114.00",
    ]);
    // 31 December to 29 January, and 12 December to 10 January: 110 units.
    expect((await readBills(world)).filter((line) => line.startsWith("2027-01"))).toEqual([
      "2027-01: 60 × 1.00 − 50 % = 30.00, net 55.00",
      "2027-01: 50 × 1.00 − 50 % = 25.00, net 55.00",
    ]);
  });

  test("409 price_exists: of many prices from the same day, made at once, one is; bills stand on it", async () => {
    const world = await makeWorld(await startTestGateway(stores), { type: "msp" });
    await world.subscribe({ quantity: 10 });
    const replies = await Promise.all(
      ["1.00", "2.00", "3.00", "4.00", "5.00"].map((unitPrice) =>
        makePrice(world, { unitPrice, validFrom: "2026-12-01" }),
      ),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409]);
    expect(replies.flatMap(({ status, body }) => (status === 409 ? [body.code] : []))).toEqual(
      Array.from({ length: 4 }, () => "price_exists"),
    );
    const taken = replies.find(({ status }) => status === 201)?.body.unitPrice ?? "none";
    expect((await makePrice(world, { unitPrice: taken, validFrom: "2026-12-01" })).body.code).toBe(
      "price_exists",
    );
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    const amount = (Number(taken) * 10).toFixed(2);
    expect(await readBills(world)).toEqual([
      `2026-12: 10 × ${taken} − 0 % = ${amount}, net ${amount}`,
    ]);
  });

  test("422 price_starts_in_past: what was charged, or is being charged, can't be had otherwise", async () => {
    const world = await makeWorld(await startTestGateway(stores), { type: "msp" });
    await world.subscribe({ quantity: 60 });
    for (const validFrom of ["2026-01-02", "2026-11-01", "2026-11-24"]) {
      const { status, body } = await makePrice(world, { unitPrice: "9.00", validFrom });
      expect(`${status} ${body.code}`).toBe("422 price_starts_in_past");
    }
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    expect(await readBills(world)).toEqual(["2026-12: 60 × 2.00 − 5 % = 114.00, net 114.00"]);
  });
});

describe.each(testStores)("a partner's time zone on $name", (stores) => {
  test("422 time_zone_fixed, with a sentence that says why; its own is no change", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    await world.subscribe();
    const patch = (body: unknown): Promise<{ status: number; body: Partial<Schemas["Problem"]> }> =>
      world.operator.call("PATCH", `/v1/partners/${world.partner.id}`, body);
    const refused = await patch({ name: "Danube", timeZone: "America/Havana" });
    expect(`${refused.status} ${refused.body.code}`).toBe("422 time_zone_fixed");
    expect(refused.body.detail).toContain("The time zone stays Europe/Bratislava");
    // Nothing of the request was done.
    expect(await world.api.ask("GET", "/v1/partner")).toMatchObject({
      name: "Danube Telecom",
      timeZone: "Europe/Bratislava",
    });
    expect((await patch({ timeZone: "Europe/Bratislava" })).status).toBe(200);
    expect((await patch({ timeZone: "Europe/Atlantis" })).body.code).toBe("time_zone_fixed");
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    expect(await readBills(world)).toEqual(["2026-12: 10 × 2.00 − 0 % = 20.00, net 20.00"]);
  });
});
