import { expect, test } from "vitest";
import { advance } from "./subscription/advance.ts";
import { createSubscription } from "./subscription/create.ts";
import type { Context, PartnerTerms } from "./terms.ts";
import {
  buildContext,
  buildPrice,
  buildProduct,
  local,
  orderOf,
  productA,
  productB,
} from "./testing/builders.ts";
import { change, create, pause, reactivate, stopAtEnd, stopNow } from "./testing/orders.ts";
import { openPartner, readBills, readFacts, type Partner } from "./testing/partner.ts";

// The worked examples of the rules: Europe/Bratislava, 2.00 EUR a unit and period, no tax.

function open(terms: Partial<PartnerTerms>, at: string): Partner {
  return openPartner(buildContext(terms), local(at));
}

/** A reseller's 10 units from 24 Nov 2026. */
function openE1(): Partner {
  const partner = open({}, "2026-11-01");
  partner.order("one", create("one"), local("2026-11-24 10:00"));
  return partner;
}

/** What is charged until `until`: `2026-12-01 20.00` for a period that starts on that day. */
function charged(partner: Partner, until: string): readonly string[] {
  partner.advanceTo(local(until));
  return readBills(partner).map((line) => line.replace(/^\S+ (\S+)\/\S+ .* = /, "$1 "));
}

test("E1 the month of the start is free, then each month is charged", () => {
  const partner = openE1();
  expect(charged(partner, "2027-02-01")).toEqual(["2026-12-01 20.00", "2027-01-01 20.00"]);
  expect([...partner.bills.keys()]).toEqual(["2026-12", "2027-01"]);
});

test("E2 more units cost from the current month on, fewer from the next", () => {
  const partner = openE1();
  partner.order("one", change({ quantity: 25 }), local("2026-12-10"));
  partner.order("one", change({ quantity: 5 }), local("2026-12-20"));
  expect(charged(partner, "2027-02-01")).toEqual(["2026-12-01 50.00", "2027-01-01 10.00"]);
});

test("E3 a maximum in the trial does not count", () => {
  const partner = openE1();
  partner.order("one", change({ quantity: 40 }), local("2026-11-24 12:00"));
  partner.order("one", change({ quantity: 10 }), local("2026-11-28"));
  expect(charged(partner, "2027-01-01")).toEqual(["2026-12-01 20.00"]);
});

test("E4 a month paused as a whole costs nothing", () => {
  const partner = openE1();
  partner.order("one", pause(local("2027-02-10")), local("2026-12-20 15:00"));
  expect(charged(partner, "2027-03-01")).toEqual(["2026-12-01 20.00", "2027-02-01 20.00"]);
});

test("E5 stopped at a month's end and reactivated months later, with the same code", () => {
  const partner = openE1();
  const { activationCode } = partner.get("one");
  partner.order("one", stopAtEnd, local("2026-12-15"));
  partner.order("one", reactivate, local("2027-03-15 08:00"));
  expect(charged(partner, "2027-04-01")).toEqual(["2026-12-01 20.00", "2027-03-01 20.00"]);
  expect(partner.get("one").activationCode).toBe(activationCode);
});

test("E6 stopped at once and reactivated in the same month: charged once", () => {
  const partner = openE1();
  partner.order("one", stopNow, local("2026-12-05"));
  partner.order("one", reactivate, local("2026-12-20"));
  expect(charged(partner, "2027-01-01")).toEqual(["2026-12-01 20.00"]);
});

test("E7 stopped at once and reactivated in the trial: what is left of it is free", () => {
  const partner = open({}, "2026-11-01");
  partner.order("one", create("one"), local("2026-11-05"));
  partner.order("one", stopNow, local("2026-11-10"));
  partner.order("one", reactivate, local("2026-11-15"));
  expect(partner.get("one").status).toBe("trialing");
  expect(charged(partner, "2027-01-01")).toEqual(["2026-12-01 20.00"]);
});

test("E8 an xSP's two months count the month of the start", () => {
  const partner = open({ type: "xsp" }, "2026-11-01");
  partner.order(
    "one",
    create("one", { quantity: 1, trial: { months: 2 } }),
    local("2026-11-24 09:00"),
  );
  expect(charged(partner, "2027-02-01")).toEqual(["2027-01-01 2.00"]);
});

test("E9 an xSP's 14 days end inside December, which is charged by the day", () => {
  const partner = open({ type: "xsp" }, "2026-11-01");
  partner.order(
    "one",
    create("one", { quantity: 1, trial: { days: 14 } }),
    local("2026-11-24 09:00"),
  );
  expect(partner.get("one").trial?.endsAt).toBe(local("2026-12-08"));
  expect(charged(partner, "2027-02-01")).toEqual(["2026-12-01 1.55", "2027-01-01 2.00"]);
  expect(readBills(partner)[0]).toBe("2026-12: 2026-12-01/2026-12-31 1 × 2.00 × 24/31 = 1.55");
});

test("E10 without a trial the first month is charged from the day of the start", () => {
  const partner = open({ type: "xsp" }, "2028-01-01");
  partner.order("one", create("one", { quantity: 3, trial: "none" }), local("2028-01-30 23:59"));
  expect(charged(partner, "2028-03-01")).toEqual(["2028-01-01 0.39", "2028-02-01 6.00"]);
});

test("E11 periods of 30 days go on the bill of the month in which they end", () => {
  const partner = open({ type: "xsp", billingPeriod: "thirty_days" }, "2027-03-01");
  partner.order("one", create("one", { quantity: 1, trial: "none" }), local("2027-03-01 17:00"));
  partner.advanceTo(local("2027-05-01"));
  expect(readBills(partner)).toEqual([
    "2027-03: 2027-03-01/2027-03-30 1 × 2.00 = 2.00",
    "2027-04: 2027-03-31/2027-04-29 1 × 2.00 = 2.00",
  ]);
});

test("E12 a pause that outlasts its 30 days begins new ones", () => {
  const partner = open({ type: "xsp", billingPeriod: "thirty_days" }, "2027-01-01");
  partner.order("one", create("one", { quantity: 1, trial: "none" }), local("2027-01-10 10:00"));
  partner.order("one", pause(local("2027-03-01")), local("2027-01-15 10:00"));
  partner.advanceTo(local("2027-04-01"));
  expect(readBills(partner)).toEqual([
    "2027-02: 2027-01-10/2027-02-08 1 × 2.00 = 2.00",
    "2027-03: 2027-03-01/2027-03-30 1 × 2.00 = 2.00",
  ]);
});

test("E13 an MSP's customers reach a tier together, and it applies to all their units", () => {
  const price = buildPrice(productA, "2.00", "2026-01-01", { 50: "5", 100: "12" });
  const context = buildContext(
    { type: "msp" },
    { products: [buildProduct(productA)], prices: [price] },
  );
  const partner = openPartner(context, local("2026-11-01"), [price]);
  partner.order("one", create("one", { quantity: 60 }), local("2026-11-24"));
  partner.order("other", create("other", { quantity: 45 }), local("2026-11-25"));
  partner.advanceTo(local("2027-01-01"));
  expect(readBills(partner)).toEqual([
    "2026-12: 2026-12-01/2026-12-31 60 × 2.00 − 12 % = 105.60",
    "2026-12: 2026-12-01/2026-12-31 45 × 2.00 − 12 % = 79.20",
  ]);
});

test("E14 a change of product and back costs the dearer one for that month", () => {
  const partner = openE1();
  partner.order("one", change({ product: productB }), local("2026-12-10"));
  partner.order("one", change({ product: productA }), local("2026-12-12"));
  expect(charged(partner, "2027-02-01")).toEqual(["2026-12-01 30.00", "2027-01-01 20.00"]);
});

test("E15 a gateway that was down catches up to the same charges, dated as if it had not been", () => {
  const onTime = openE1();
  onTime.advanceTo(local("2027-02-05"));

  const context: Context = buildContext();
  const created = createSubscription(orderOf("one"), context, local("2026-11-24 10:00"));
  if (!created.accepted) throw new Error(created.refusal.code);
  const before = advance(created.subscription, local("2026-11-30"), context);
  const caughtUp = advance(before.subscription, local("2027-02-05"), context);

  const facts = [...created.facts, ...before.facts, ...caughtUp.facts];
  expect(readFacts(facts)).toEqual(readFacts(onTime.facts("one")));
  expect(readFacts(caughtUp.facts)).toEqual([
    "2026-11-30T23:00:00Z subscription.trial_ended",
    "2026-12-31T23:00:00Z charge.created",
    "2026-12-31T23:00:00Z subscription.renewed",
    "2027-01-31T23:00:00Z charge.created",
    "2027-01-31T23:00:00Z subscription.renewed",
  ]);
});
