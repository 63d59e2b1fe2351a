import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { apiOf, makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

/** The bills as `2026-12: 2026-12-01/2026-12-31 60 × 2.00 = 120.00`, with the discount where there is one; oldest first. */
async function readBills({ api }: World): Promise<readonly string[]> {
  const { data: bills } = await api.ask<Schemas["BillList"]>("GET", "/v1/bills");
  const lines: string[] = [];
  for (const { id, month, net } of bills.toReversed()) {
    const { data } = await api.ask<Schemas["ChargeList"]>("GET", `/v1/bills/${id}/lines`);
    lines.push(`${month} ${net}`);
    for (const { period, quantity, unitPrice, discountPercent, amount } of data) {
      const discount = discountPercent === "0" ? "" : ` − ${discountPercent} %`;
      lines.push(
        `  ${period.startsOn}/${period.endsOn} ${quantity} × ${unitPrice}${discount} = ${amount}`,
      );
    }
  }
  return lines;
}

/** A price for MSPs only, and one for resellers only, so that a mix-up shows in every figure. */
async function takeProduct(world: World): Promise<string> {
  const { id } = await world.operator.ask<Schemas["Product"]>("POST", "/v1/products", {
    code: "SWITCHED",
    name: "Switched",
    unit: "user",
    minQuantity: 1,
    maxQuantity: 1_000,
  });
  const price = { product: id, currency: "EUR", validFrom: "2026-01-01" };
  await world.operator.ask("POST", "/v1/prices", {
    ...price,
    channel: "reseller",
    unitPrice: "2.00",
  });
  await world.operator.ask("POST", "/v1/prices", {
    ...price,
    channel: "msp",
    unitPrice: "1.80",
    tiers: [
      { from: 50, discountPercent: "5" },
      { from: 100, discountPercent: "12" },
    ],
  });
  return id;
}

const order = (world: World, action: string) =>
  world.operator.ask<Schemas["Partner"]>("POST", `/v1/partners/${world.partner.id}/${action}`);
const own = (world: World) => world.api.ask<Schemas["Partner"]>("GET", "/v1/partner");

describe.each(testStores)("a reseller becomes an MSP on $name", (stores) => {
  /** Two customers with 60 and 45 units from September on; ordered on 24 November. */
  async function playMonths(steps: readonly string[]): Promise<{
    readonly bills: readonly string[];
    readonly codes: readonly [before: readonly string[], after: readonly string[]];
    readonly world: World;
  }> {
    const world = await makeWorld(await startTestGateway(stores), {
      clock: "2026-09-10T09:00:00Z",
    });
    const product = await takeProduct(world);
    const made = [];
    for (const quantity of [60, 45]) made.push(await world.subscribe({ product, quantity }));
    await world.advanceTo("2026-11-24T09:00:00Z");
    expect(await order(world, "become-msp")).toMatchObject({
      type: "reseller",
      mspFrom: "2026-12-01",
    });
    for (const step of steps) await world.advanceTo(step);
    const { data } = await world.api.ask<Schemas["SubscriptionList"]>("GET", "/v1/subscriptions");
    return {
      bills: await readBills(world),
      codes: [
        made.map(({ activationCode }) => activationCode).toSorted(),
        data.map(({ activationCode }) => activationCode).toSorted(),
      ],
      world,
    };
  }

  const expected = [
    "2026-10 210.00",
    "  2026-10-01/2026-10-31 60 × 2.00 = 120.00",
    "  2026-10-01/2026-10-31 45 × 2.00 = 90.00",
    "2026-11 210.00",
    "  2026-11-01/2026-11-30 60 × 2.00 = 120.00",
    "  2026-11-01/2026-11-30 45 × 2.00 = 90.00",
    // 105 units of an MSP: 12 % on all of them (R20).
    "2026-12 166.32",
    "  2026-12-01/2026-12-31 60 × 1.80 − 12 % = 95.04",
    "  2026-12-01/2026-12-31 45 × 1.80 − 12 % = 71.28",
    "2027-01 166.32",
    "  2027-01-01/2027-01-31 60 × 1.80 − 12 % = 95.04",
    "  2027-01-01/2027-01-31 45 × 1.80 − 12 % = 71.28",
  ];
  const sorted = (lines: readonly string[]): readonly string[] => lines.toSorted();

  test("November stands at a reseller's prices without tiers, December at an MSP's with tiers; late is the same as on time (R3)", async () => {
    const daily = [
      "2026-11-30T22:59:59.999Z",
      "2026-11-30T23:00:00Z",
      "2026-12-01T09:00:00Z",
      "2026-12-31T22:59:59Z",
      "2027-01-01T09:00:00Z",
      "2027-02-01T00:00:00+01:00",
    ];
    const onTime = await playMonths(daily);
    const late = await playMonths(daily.slice(-1));
    expect(sorted(onTime.bills)).toEqual(sorted(expected));
    expect(sorted(late.bills)).toEqual(sorted(expected));
    for (const { codes } of [onTime, late]) expect(codes[1]).toEqual(codes[0]);
    expect(await own(late.world)).toMatchObject({ type: "msp", mspFrom: "2026-12-01" });
  });

  test("the type changes with the local midnight, not before", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    expect((await own(world)).mspFrom).toBeNull();
    await order(world, "become-msp");
    await world.advanceTo("2026-11-30T22:59:59.999Z");
    expect((await own(world)).type).toBe("reseller");
    await world.advanceTo("2026-11-30T23:00:00Z");
    expect((await own(world)).type).toBe("msp");
    const { data } = await world.api.ask<Schemas["EventList"]>(
      "GET",
      "/v1/events?type=partner.updated",
    );
    expect(data.map(({ timestamp, data: about }) => [timestamp, about])).toMatchObject([
      ["2026-11-24T09:00:00Z", { mspFrom: "2026-12-01", previous: { mspFrom: null } }],
    ]);
  });

  test("30 days that straddle keep the price of the day on which they began, and count no tiers (R19)", async () => {
    const world = await makeWorld(await startTestGateway(stores), {
      billingPeriod: "thirty_days",
      clock: "2026-10-10T09:00:00Z",
    });
    const product = await takeProduct(world);
    // Free for 30 days (R6): paid from 9 November on, and again from 9 December.
    await world.subscribe({ product, quantity: 60 });
    await world.advanceTo("2026-11-24T09:00:00Z");
    await order(world, "become-msp");
    await world.advanceTo("2026-11-30T12:00:00Z");
    // More units within the period that began before: its day's price holds for them too.
    const { data } = await world.api.ask<Schemas["SubscriptionList"]>("GET", "/v1/subscriptions");
    await world.advanceTo("2026-12-03T09:00:00Z");
    await world.api.ask("PATCH", `/v1/subscriptions/${data[0]?.id}`, { quantity: 70 });
    await world.advanceTo("2027-02-01T00:00:00+01:00");
    expect(await readBills(world)).toEqual([
      "2026-12 140.00",
      "  2026-11-09/2026-12-08 70 × 2.00 = 140.00",
      "2027-01 119.70",
      "  2026-12-09/2027-01-07 70 × 1.80 − 5 % = 119.70",
    ]);
  });

  test("what is made in November for December is at an MSP's price, and the upcoming bill says so", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const product = await takeProduct(world);
    await order(world, "become-msp");
    await world.subscribe({ product, quantity: 50 });
    await world.advanceTo("2026-12-15T00:00:00Z");
    expect(await world.api.ask("GET", "/v1/bills/upcoming")).toMatchObject({
      month: "2026-12",
      net: "85.50",
    });
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    expect(await readBills(world)).toEqual([
      "2026-12 85.50",
      "  2026-12-01/2026-12-31 50 × 1.80 − 5 % = 85.50",
    ]);
  });

  test("withdrawn in time nothing has happened; once it is one, 409 msp_not_scheduled", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const product = await takeProduct(world);
    await world.subscribe({ product, quantity: 60 });
    await order(world, "become-msp");
    expect(await order(world, "withdraw-becoming-msp")).toMatchObject({
      type: "reseller",
      mspFrom: null,
    });
    await world.advanceTo("2026-12-31T09:00:00Z");
    await order(world, "become-msp");
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    const late = await world.operator.call<Schemas["Problem"]>(
      "POST",
      `/v1/partners/${world.partner.id}/withdraw-becoming-msp`,
    );
    expect(`${late.status} ${late.body.code}`).toBe("409 msp_not_scheduled");
    await world.advanceTo("2027-02-01T00:00:00+01:00");
    expect(await readBills(world)).toEqual([
      "2026-12 120.00",
      "  2026-12-01/2026-12-31 60 × 2.00 = 120.00",
      "2027-01 102.60",
      "  2027-01-01/2027-01-31 60 × 1.80 − 5 % = 102.60",
    ]);
  });

  test("422 product_not_priced: a change to a product that has no price for MSPs, though it has one today", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id: plain } = await world.operator.ask<Schemas["Product"]>("POST", "/v1/products", {
      code: "RESELLERS-ONLY",
      name: "For resellers",
      unit: "user",
      minQuantity: 1,
      maxQuantity: 10,
    });
    await world.operator.ask("POST", "/v1/prices", {
      product: plain,
      channel: "reseller",
      currency: "EUR",
      unitPrice: "1.00",
      validFrom: "2026-01-01",
    });
    // Its trial has run out, so that November is paid for.
    await world.advanceTo("2026-12-24T09:00:00Z");
    const { id } = await world.subscribe({ quantity: 5 });
    await world.advanceTo("2027-01-10T09:00:00Z");
    await order(world, "become-msp");
    for (const effective of ["now", "next_period"]) {
      const reply = await world.api.call<Schemas["Problem"]>("PATCH", `/v1/subscriptions/${id}`, {
        product: plain,
        effective,
      });
      expect(`${reply.status} ${reply.body.code}`).toBe("422 product_not_priced");
      expect(reply.body.detail).toContain("2027-02-01");
    }
    await order(world, "withdraw-becoming-msp");
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, {
      product: plain,
      effective: "next_period",
    });
    const refused = await world.operator.call<Schemas["Problem"]>(
      "POST",
      `/v1/partners/${world.partner.id}/become-msp`,
    );
    expect(`${refused.status} ${refused.body.code}`).toBe("422 product_not_priced");
    expect(refused.body.detail).toContain("RESELLERS-ONLY");
  });

  test("a live partner that was down over the change comes to the same bills", async () => {
    const gateway = await startTestGateway(stores, { withBackground: true });
    const operator = apiOf(gateway);
    const world = await makeWorld(gateway, { mode: "live" });
    const product = await takeProduct(world);
    await world.subscribe({ product, quantity: 105 });
    await order(world, "become-msp");
    // Nobody was there from November to February.
    gateway.setNow(toInstant(Date.parse("2027-02-05T09:00:00Z")));
    await expect
      .poll(() => readBills(world), { timeout: 10_000 })
      .toEqual([
        "2026-12 166.32",
        "  2026-12-01/2026-12-31 105 × 1.80 − 12 % = 166.32",
        "2027-01 166.32",
        "  2027-01-01/2027-01-31 105 × 1.80 − 12 % = 166.32",
      ]);
    expect(await operator.ask("GET", `/v1/partners/${world.partner.id}`)).toMatchObject({
      type: "msp",
    });
  });

  test("of several orders at once one is carried out, and a subscription made meanwhile has a price", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const product = await takeProduct(world);
    const path = `/v1/partners/${world.partner.id}/become-msp`;
    const replies = await Promise.all([
      world.operator.call("POST", path),
      world.subscribe({ product, quantity: 50 }),
      world.operator.call("POST", path),
      world.subscribe({ product, quantity: 50 }),
      world.operator.call("POST", path),
    ]);
    const statuses = replies.flatMap((reply) => ("body" in reply ? [reply.status] : []));
    expect(statuses.toSorted()).toEqual([200, 409, 409]);
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    expect((await readBills(world))[0]).toBe("2026-12 158.40");
  });
});
