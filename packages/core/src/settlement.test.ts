import { describe, expect, test } from "vitest";
import type { Price } from "./catalogue.ts";
import { billMonthOf, forecastCharge, type Charge } from "./charge.ts";
import { toCustomerId, toSubscriptionId } from "./ids.ts";
import { noDiscount, parsePercent } from "./money.ts";
import {
  addLine,
  finishTotals,
  settleCharge,
  settleMonth,
  settlesAt,
  startTally,
  startTotals,
  tallyCharge,
  type SettlementTerms,
} from "./settlement.ts";
import { buildContext, buildPrice, day, local, productA, productB } from "./testing/builders.ts";
import { change, create } from "./testing/orders.ts";
import { openPartner } from "./testing/partner.ts";

const priceA = buildPrice(productA, "2.00", "2026-01-01", { 50: "5", 100: "12" });
const newPriceA = buildPrice(productA, "1.00", "2026-12-10", { 100: "20" });
const priceB = buildPrice(productB, "3.00", "2026-01-01", { 10: "50" });
const prices: readonly Price[] = [priceA, newPriceA, priceB];

const settling = (terms: Partial<SettlementTerms> = {}): SettlementTerms => ({
  type: "msp",
  mspFrom: null,
  currency: "EUR",
  taxRate: noDiscount,
  price: (id) => prices.find((price) => price.id === id),
  ...terms,
});

function chargeOf(
  name: string,
  quantity: number,
  price: Price = priceA,
  startsOn = "2026-12-01",
  endsOn = "2026-12-31",
): Charge {
  return {
    subscription: toSubscriptionId(`sub_${name}`),
    customer: toCustomerId(`cus_${name}`),
    product: price.product,
    price: price.id,
    quantity,
    unitPrice: price.unitPrice,
    period: { startsOn: day(startsOn), endsOn: day(endsOn) },
    days: null,
    createdAt: local("2027-01-01"),
  };
}

const discounts = (
  charges: readonly Charge[],
  terms: SettlementTerms = settling(),
): readonly (number | undefined)[] =>
  settleMonth(charges, terms)?.lines.map(({ discountPercent }) => Number(discountPercent) / 1e6) ??
  [];

describe("R20 MSP discount", () => {
  test.each([
    [49, 0],
    [50, 5],
    [99, 5],
    [100, 12],
    [5_000, 12],
  ])("%i units get %i percent", (units, percent) => {
    expect(discounts([chargeOf("one", units)])).toEqual([percent]);
    expect(discounts([chargeOf("one", units - 1), chargeOf("two", 1)])).toEqual([percent, percent]);
  });

  test("each product counts by itself", () => {
    expect(discounts([chargeOf("one", 60), chargeOf("two", 9, priceB)])).toEqual([5, 0]);
    expect(discounts([chargeOf("one", 40), chargeOf("two", 10, priceB)])).toEqual([0, 50]);
  });

  test("a subscription with two charges in a month counts once, at the larger", () => {
    const first = chargeOf("one", 30, priceA, "2026-11-02", "2026-12-01");
    const second = chargeOf("one", 40, priceA, "2026-12-02", "2026-12-31");
    expect(discounts([first, second])).toEqual([0, 0]);
    expect(discounts([first, second, chargeOf("two", 9)])).toEqual([0, 0, 0]);
    expect(discounts([first, second, chargeOf("two", 10)])).toEqual([5, 5, 5]);
    expect(discounts([second, chargeOf("two", 10), first])).toEqual([5, 5, 5]);
  });

  test("two charges for different products count for each", () => {
    const first = chargeOf("one", 50, priceA, "2026-11-02", "2026-12-01");
    const second = chargeOf("one", 10, priceB, "2026-12-02", "2026-12-31");
    expect(discounts([first, second])).toEqual([5, 50]);
  });

  test("each charge takes the tier of its own price, at the units of all", () => {
    expect(discounts([chargeOf("one", 60), chargeOf("two", 45, newPriceA)])).toEqual([12, 20]);
    expect(discounts([chargeOf("one", 60), chargeOf("two", 30, newPriceA)])).toEqual([5, 0]);
  });

  test.each(["reseller", "xsp"] as const)("a %s gets none", (type) => {
    expect(discounts([chargeOf("one", 100)], settling({ type }))).toEqual([0]);
  });

  test("a missing price does not pass in silence", () => {
    expect(() => settleMonth([chargeOf("one", 1)], settling({ price: () => undefined }))).toThrow(
      "no price",
    );
  });
});

describe("R21 R22 the bill", () => {
  test("its net is the sum of rounded charges, its tax computed once on it", () => {
    const price = buildPrice(productA, "0.125");
    const charges = [
      chargeOf("one", 1, price),
      chargeOf("two", 1, price),
      chargeOf("two", 3, price),
    ];
    const bill = settleMonth(
      charges,
      settling({ type: "reseller", taxRate: parsePercent("19") ?? noDiscount }),
    );
    // 0.13 + 0.13 + 0.38 = 0.64, taxed 0.1216; by the charge it would be 0.02 + 0.02 + 0.07.
    expect(bill).toMatchObject({ net: 64n, tax: 12n, total: 76n, lineCount: 3 });
    expect(bill?.customers).toEqual([
      { customer: "cus_one", net: 13n },
      { customer: "cus_two", net: 51n },
    ]);
  });

  test("a month with no charge has no bill", () => {
    expect(settleMonth([], settling())).toBeNull();
  });

  test("two passes in chunks come to the same", () => {
    const charges = [
      chargeOf("one", 60),
      chargeOf("two", 30),
      chargeOf("two", 45),
      chargeOf("three", 4, priceB),
    ];
    const terms = settling({ taxRate: parsePercent("20") ?? noDiscount });
    const tally = startTally();
    for (const charge of charges) tallyCharge(tally, charge);
    const totals = startTotals();
    for (const charge of charges) addLine(totals, settleCharge(charge, tally, terms));
    const { lines: _lines, ...whole } = settleMonth(charges, terms) ?? { lines: [] };
    expect(finishTotals(totals, terms.taxRate)).toEqual(whole);
  });

  test("a charge belongs to the month of its period's last day, which is settled as the next month begins", () => {
    const charge = chargeOf("one", 1, priceA, "2027-01-10", "2027-02-08");
    expect(billMonthOf(charge)).toBe("2027-02");
    expect(settlesAt(billMonthOf(charge), "Europe/Bratislava")).toBe(local("2027-03-01"));
  });
});

test("R23 the upcoming bill forecasts what the open period comes to as it stands", () => {
  const context = buildContext();
  const partner = openPartner(context, local("2026-11-01"));
  partner.order("one", create("one"), local("2026-11-24"));
  expect(forecastCharge(partner.get("one"), context.terms)).toBeNull();
  partner.order("one", change({ quantity: 25 }), local("2026-12-10"));
  partner.order("one", change({ quantity: 5 }), local("2026-12-20"));
  const forecast = forecastCharge(partner.get("one"), context.terms);
  partner.advanceTo(local("2027-01-01"));
  expect(forecast).toEqual(partner.charges()[0]);
  expect(forecast).toMatchObject({ quantity: 25, createdAt: local("2027-01-01") });
});
