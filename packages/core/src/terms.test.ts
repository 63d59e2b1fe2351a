import { describe, expect, test } from "vitest";
import { advance } from "./subscription/advance.ts";
import { channelOn, mspFromWhenOrdered } from "./terms.ts";
import {
  bratislava,
  buildContext,
  buildPrice,
  day,
  local,
  productA,
  productB,
  termsOf,
} from "./testing/builders.ts";
import { change, changeNext, create } from "./testing/orders.ts";
import { openPartner, readBills } from "./testing/partner.ts";

describe("what a partner is on a day", () => {
  test.each([
    ["2026-11-30", "reseller"],
    ["2026-12-01", "msp"],
    ["2030-01-01", "msp"],
  ] as const)("a reseller that is an MSP from December on is on %s: %s", (on, channel) => {
    expect(channelOn(termsOf({ mspFrom: day("2026-12-01") }), day(on))).toBe(channel);
  });

  test.each(["reseller", "msp", "xsp"] as const)("an %s that stays so always is", (type) => {
    expect(channelOn(termsOf({ type }), day("2026-12-01"))).toBe(type);
  });

  test.each([
    ["2026-11-01 00:00", "2026-12-01"],
    ["2026-11-30 23:59", "2026-12-01"],
    ["2026-12-01 00:00", "2027-01-01"],
  ])("ordered on %s it is an MSP from %s on", (at, from) => {
    expect(mspFromWhenOrdered(local(at), bratislava)).toBe(from);
  });
});

describe("a reseller that becomes an MSP in December", () => {
  const prices = [buildPrice(productA, "2.00"), buildPrice(productB, "3.00")];
  const mspPrices = [buildPrice(productA, "1.80", "2026-01-01", { 50: "5" })];
  const contextOf = (billingPeriod: "calendar_month" | "thirty_days") =>
    buildContext({ mspFrom: day("2026-12-01"), billingPeriod }, { prices, mspPrices });

  test("is charged by the day on which the paid part of a period begins (R19), tiers by the row of that price (R20)", () => {
    const partner = openPartner(contextOf("thirty_days"), local("2026-10-10"), [
      ...prices,
      ...mspPrices,
    ]);
    partner.order("one", create("one", { quantity: 60 }), local("2026-10-10"));
    partner.order("one", change({ quantity: 70 }), local("2026-12-03"));
    partner.advanceTo(local("2027-02-01"));
    expect(readBills(partner)).toEqual([
      "2026-12: 2026-11-09/2026-12-08 70 × 2.00 = 140.00",
      "2027-01: 2026-12-09/2027-01-07 70 × 1.80 − 5 % = 119.70",
    ]);
  });

  test("late is the same as on time (R3)", () => {
    const context = contextOf("calendar_month");
    const partner = openPartner(context, local("2026-10-10"), [...prices, ...mspPrices]);
    partner.order("one", create("one", { quantity: 60 }), local("2026-10-10"));
    const created = partner.get("one");
    for (const on of ["2026-11-10", "2026-12-01", "2027-01-15"]) partner.advanceTo(local(on));
    const until = local("2027-01-15");
    const late = advance(created, until, context).subscription;
    expect(late).toEqual({ ...partner.get("one"), advancedTo: until });
  });

  test("takes no product that would be without a price from December on", () => {
    const partner = openPartner(contextOf("calendar_month"), local("2026-10-10"));
    const at = local("2026-11-10");
    partner.order("one", create("one"), local("2026-10-10"));
    expect(partner.order("one", change({ product: productB }), at)).toBe("product_not_priced");
    expect(partner.order("one", changeNext({ product: productB }), at)).toBe("product_not_priced");
    expect(partner.order("two", create("two", { product: productB }), at)).toBe(
      "product_not_priced",
    );
  });
});
