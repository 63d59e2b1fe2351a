import { describe, expect, test } from "vitest";
import { toProductId } from "../ids.ts";
import type { Context, PartnerTerms } from "../terms.ts";
import {
  buildContext,
  buildPrice,
  buildProduct,
  day,
  heldUntil,
  local,
  orderOf,
  productA,
  productB,
} from "../testing/builders.ts";
import { create, reactivate, stopNow } from "../testing/orders.ts";
import { openPartner, readBills, readFacts } from "../testing/partner.ts";
import { createSubscription, type CreateOrder } from "./create.ts";

const now = local("2026-11-24 10:00");

function refusalOf(order: Partial<CreateOrder>, context: Context = buildContext()): unknown {
  const decision = createSubscription(orderOf("one", order), context, now);
  return decision.accepted ? null : decision.refusal;
}

describe("created", () => {
  test("R4 R6 in service at once, in its trial", () => {
    const decision = createSubscription(orderOf("one"), buildContext(), now);
    if (!decision.accepted) throw new Error(decision.refusal.code);
    expect(
      decision.facts.map(({ type, at, sequence, before }) => [type, at, sequence, before]),
    ).toEqual([
      ["subscription.created", now, 1, null],
      ["subscription.activated", now, 2, null],
      ["subscription.trial_started", now, 3, null],
    ]);
    expect(decision.subscription).toMatchObject({
      status: "trialing",
      trial: { startsAt: now, endsAt: local("2026-12-01") },
      period: null,
      paidSince: null,
      version: 1,
      sequence: 3,
    });
    // A receiver sees the subscription as it is, whichever of the three it reads.
    for (const fact of decision.facts)
      expect(fact.after).toMatchObject({ status: "trialing", sequence: fact.sequence });
  });

  test("without a trial its period shows at once", () => {
    const decision = createSubscription(
      orderOf("one", { trial: "none" }),
      buildContext({ type: "xsp" }),
      now,
    );
    if (!decision.accepted) throw new Error(decision.refusal.code);
    expect(decision.subscription).toMatchObject({
      status: "active",
      trial: null,
      paidSince: "2026-11-24",
      period: {
        startsOn: "2026-11-01",
        endsOn: "2026-11-30",
        paidFromOn: "2026-11-24",
        prorated: true,
      },
    });
    expect(decision.facts.map(({ type }) => type)).toEqual([
      "subscription.created",
      "subscription.activated",
    ]);
  });

  test("R4 scheduled, then started by itself", () => {
    const partner = openPartner(buildContext(), local("2026-11-01"));
    partner.order("one", create("one", { startsAt: local("2026-12-15 08:00") }), now);
    expect(partner.get("one")).toMatchObject({ status: "scheduled", trial: null });
    partner.advanceTo(local("2027-02-01"));
    expect(readFacts(partner.facts("one")).slice(0, 5)).toEqual([
      "2026-11-24T09:00:00Z subscription.created",
      "2026-12-15T07:00:00Z subscription.activated",
      "2026-12-15T07:00:00Z subscription.trial_started",
      "2026-12-28T23:00:00Z subscription.trial_will_end",
      "2026-12-31T23:00:00Z subscription.trial_ended",
    ]);
    // R6: the month of the start is free, not that of the order.
    expect(readBills(partner)).toEqual(["2027-01: 2027-01-01/2027-01-31 10 × 2.00 = 20.00"]);
  });

  test("R6 stopped before its start and taken up later, it is granted its trial then", () => {
    const partner = openPartner(buildContext(), local("2026-11-01"));
    partner.order("one", create("one", { startsAt: local("2026-12-15") }), now);
    partner.order("one", stopNow, local("2026-12-01"));
    partner.order("one", reactivate, local("2027-01-20"));
    partner.advanceTo(local("2027-03-01"));
    expect(
      readFacts(partner.facts("one"))
        .slice(1, 5)
        .map((fact) => fact.split(".")[1]),
    ).toEqual(["canceled", "reactivated", "activated", "trial_started"]);
    expect(partner.get("one").startsAt).toBe(local("2027-01-20"));
    expect(readBills(partner)).toEqual(["2027-02: 2027-02-01/2027-02-28 10 × 2.00 = 20.00"]);
  });
});

describe("R18 the first paid period is charged by the day", () => {
  const first = (
    order: Partial<CreateOrder>,
    at: string,
    terms: Partial<PartnerTerms> = {},
  ): string | undefined => {
    const partner = openPartner(buildContext({ type: "xsp", ...terms }), local("2026-11-01"));
    partner.order("one", create("one", order), local(at));
    partner.advanceTo(local("2027-06-01"));
    return readBills(partner)[0]?.split(": ")[1];
  };
  test.each([
    [
      "started inside a month",
      "2026-11-24 10:00",
      { trial: "none" },
      "2026-11-01/2026-11-30 10 × 2.00 × 7/30 = 4.67",
    ],
    [
      "started on the last day",
      "2026-11-30 23:59",
      { trial: "none" },
      "2026-11-01/2026-11-30 10 × 2.00 × 1/30 = 0.67",
    ],
    [
      "started on the 1st: in full",
      "2026-12-01",
      { trial: "none" },
      "2026-12-01/2026-12-31 10 × 2.00 = 20.00",
    ],
    [
      "started later on the 1st: in full",
      "2026-12-01 18:00",
      { trial: "none" },
      "2026-12-01/2026-12-31 10 × 2.00 = 20.00",
    ],
    [
      "scheduled",
      "2026-11-24",
      { trial: "none", startsAt: local("2026-12-22") },
      "2026-12-01/2026-12-31 10 × 2.00 × 10/31 = 6.45",
    ],
    [
      "after a trial of days",
      "2026-11-24",
      { trial: { days: 7 } },
      "2026-12-01/2026-12-31 10 × 2.00 = 20.00",
    ],
    [
      "after a trial of months: never",
      "2026-11-24",
      { trial: { months: 1 } },
      "2026-12-01/2026-12-31 10 × 2.00 = 20.00",
    ],
  ] as const)("%s", (_, at, order, expected) => {
    expect(first(order, at)).toBe(expected);
  });

  test("but never with periods of 30 days", () => {
    expect(
      first({ trial: { days: 5 } }, "2026-11-24 10:00", { billingPeriod: "thirty_days" }),
    ).toBe("2026-11-29/2026-12-28 10 × 2.00 = 20.00");
  });
});

describe("refusals, in order of precedence", () => {
  const small = buildContext(
    { type: "xsp", trialLimit: { days: 7 } },
    {
      products: [
        buildProduct(productA, { minQuantity: 5, maxQuantity: 20 }),
        buildProduct(productB),
      ],
      prices: [buildPrice(productA, "2.00"), buildPrice(productB, "3.00", "2026-12-02")],
    },
    heldUntil("2026-12-10"),
  );

  test("trial_not_offered by a reseller", () => {
    expect(refusalOf({ trial: { days: 1 }, quantity: 0, startsAt: local("2020-01-01") })).toEqual({
      code: "trial_not_offered",
    });
  });
  test("trial_exceeds_limit", () => {
    expect(refusalOf({ trial: { days: 8 }, startsAt: local("2020-01-01") }, small)).toEqual({
      code: "trial_exceeds_limit",
      limit: { days: 7 },
    });
  });
  test("starts_in_past", () => {
    expect(
      refusalOf({ startsAt: local("2026-11-24 09:59"), product: toProductId("none") }, small),
    ).toEqual({ code: "starts_in_past", now });
  });
  test("product_unknown", () => {
    expect(refusalOf({ product: toProductId("none"), quantity: 0 }, small)).toEqual({
      code: "product_unknown",
      product: "none",
    });
  });
  test("product_not_priced on the day on which paid service will begin", () => {
    expect(refusalOf({ product: productB, quantity: 0, trial: { days: 7 } }, small)).toEqual({
      code: "product_not_priced",
      product: productB,
      day: day("2026-12-01"),
    });
    const later = { product: productB, trial: { days: 7 }, startsAt: local("2026-12-10") } as const;
    expect(refusalOf(later, small)).toBeNull();
  });
  test.each([4, 21, 5.5, Number.NaN])("quantity_out_of_range: %d", (quantity) => {
    expect(refusalOf({ quantity }, small)).toEqual({
      code: "quantity_out_of_range",
      product: productA,
      minimum: 5,
      maximum: 20,
    });
  });
  test("R14 prepaid_licence_held, unless it begins when the licence ends", () => {
    expect(refusalOf({ quantity: 5 }, small)).toEqual({
      code: "prepaid_licence_held",
      availableFrom: local("2026-12-10"),
    });
    expect(refusalOf({ quantity: 5, startsAt: local("2026-12-09 23:59") }, small)).toMatchObject({
      code: "prepaid_licence_held",
    });
    expect(refusalOf({ quantity: 5, startsAt: local("2026-12-10") }, small)).toBeNull();
    expect(refusalOf({ quantity: 5, startsAt: "when_prepaid_ends" }, small)).toBeNull();
  });
  test("beginning now is not the past", () => {
    expect(refusalOf({ startsAt: now })).toBeNull();
  });
});
