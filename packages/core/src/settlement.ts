import { firstDayOf, nextMonth, startOfDay, type Instant, type Month } from "./calendar.ts";
import type { Price, Tier } from "./catalogue.ts";
import { billMonthOf, type Charge } from "./charge.ts";
import type { CustomerId, PriceId, ProductId, SubscriptionId } from "./ids.ts";
import {
  addAmounts,
  computeAmount,
  computeTax,
  noAmount,
  noDiscount,
  type Amount,
  type Percent,
} from "./money.ts";
import { channelIn, type PartnerTerms } from "./terms.ts";

/** What a settlement asks for. `price` finds the row that a charge names: its tiers are the ones that count. */
export type SettlementTerms = PricingTerms & { readonly taxRate: Percent };

/** The same without the tax, which is of the whole bill: what a charge's amount depends on. */
export type PricingTerms = Pick<PartnerTerms, "type" | "mspFrom" | "currency"> & {
  readonly price: (id: PriceId) => Price | undefined;
};

/** A charge as it stands on a bill. */
export type BillLine = {
  readonly charge: Charge;
  readonly discountPercent: Percent;
  readonly amount: Amount;
};

export type BillTotals = {
  readonly net: Amount;
  readonly tax: Amount;
  readonly total: Amount;
  readonly lineCount: number;
  /** In the order of their first lines. */
  readonly customers: readonly { readonly customer: CustomerId; readonly net: Amount }[];
};

export type Settlement = BillTotals & { readonly lines: readonly BillLine[] };

/** The instant at which a month is settled, and at which its bill is issued: the next one's first midnight (R22). */
export function settlesAt(month: Month, timeZone: string): Instant {
  return startOfDay(firstDayOf(nextMonth(month)), timeZone);
}

/** A first pass over a month's charges: the units of each product (R20). Plain data, to be kept between chunks. */
export type UnitTally = {
  readonly units: Map<ProductId, number>;
  /** The largest quantities of the subscription that is being counted. */
  subscription: SubscriptionId | null;
  readonly largest: Map<ProductId, number>;
};

export function startTally(): UnitTally {
  return { units: new Map(), subscription: null, largest: new Map() };
}

/**
 * Counts a charge into the tally: each subscription at its largest charge of the product (R20).
 * The charges of one subscription must come one after another, so that a million need no memory each.
 */
export function tallyCharge(
  tally: UnitTally,
  charge: Pick<Charge, "subscription" | "product" | "quantity">,
): void {
  if (tally.subscription !== charge.subscription) {
    tally.subscription = charge.subscription;
    tally.largest.clear();
  }
  const counted = tally.largest.get(charge.product) ?? 0;
  if (charge.quantity <= counted) return;
  tally.largest.set(charge.product, charge.quantity);
  tally.units.set(
    charge.product,
    (tally.units.get(charge.product) ?? 0) + charge.quantity - counted,
  );
}

/**
 * The second pass: a charge's discount and amount (R20, R21). Only the tally of who is an MSP in its bill's month matters.
 * Throws an Error if an MSP's price row is missing, which would make a bill wrong in silence.
 */
export function settleCharge(charge: Charge, tally: UnitTally, terms: PricingTerms): BillLine {
  const discountPercent =
    channelIn(terms, billMonthOf(charge)) === "msp"
      ? findDiscount(charge, tally, terms)
      : noDiscount;
  return {
    charge,
    discountPercent,
    amount: computeAmount({ ...charge, discountPercent }, terms.currency),
  };
}

function findDiscount(charge: Charge, tally: UnitTally, terms: PricingTerms): Percent {
  const price = terms.price(charge.price);
  if (price === undefined)
    throw new Error(`no price ${charge.price} for a charge of ${charge.subscription}`);
  return discountFor(tally.units.get(charge.product) ?? 0, price.tiers);
}

/** The percentage of the highest tier whose threshold the units reach (R20). */
export function discountFor(units: number, tiers: readonly Tier[]): Percent {
  return tierReached(units, tiers)?.discountPercent ?? noDiscount;
}

/** The highest tier whose threshold the units reach (R20); null: none. */
export function tierReached(units: number, tiers: readonly Tier[]): Tier | null {
  let reached: Tier | null = null;
  for (const tier of tiers) {
    if (tier.from <= units && (reached === null || tier.from > reached.from)) reached = tier;
  }
  return reached;
}

/** The lowest tier whose threshold the units don't reach yet; null: there is none higher. */
export function tierAhead(units: number, tiers: readonly Tier[]): Tier | null {
  let ahead: Tier | null = null;
  for (const tier of tiers) {
    if (tier.from > units && (ahead === null || tier.from < ahead.from)) ahead = tier;
  }
  return ahead;
}

/** The sums of the lines so far. Plain data, to be kept between chunks. */
export type RunningTotals = {
  net: Amount;
  lineCount: number;
  readonly customers: Map<CustomerId, Amount>;
};

export function startTotals(): RunningTotals {
  return { net: noAmount, lineCount: 0, customers: new Map() };
}

export function addLine(totals: RunningTotals, line: BillLine): void {
  const { customer } = line.charge;
  totals.net = addAmounts(totals.net, line.amount);
  totals.lineCount += 1;
  totals.customers.set(
    customer,
    addAmounts(totals.customers.get(customer) ?? noAmount, line.amount),
  );
}

/** Net is the sum of rounded charges; tax is computed once on it (R21). Null: no charge, no bill (R22). */
export function finishTotals(totals: RunningTotals, taxRate: Percent): BillTotals | null {
  if (totals.lineCount === 0) return null;
  const tax = computeTax(totals.net, taxRate);
  return {
    net: totals.net,
    tax,
    total: addAmounts(totals.net, tax),
    lineCount: totals.lineCount,
    customers: [...totals.customers].map(([customer, net]) => ({ customer, net })),
  };
}

/**
 * A whole month at once, in any order of its charges: for a bill of moderate size, and for the upcoming one (R23),
 * which gives it `forecastCharge` for what is still open. Null: no charge, no bill (R22).
 */
export function settleMonth(charges: Iterable<Charge>, terms: SettlementTerms): Settlement | null {
  const all = [...charges];
  const tally = startTally();
  for (const ofOne of Map.groupBy(all, (charge) => charge.subscription).values()) {
    for (const charge of ofOne) tallyCharge(tally, charge);
  }
  const totals = startTotals();
  const lines = all.map((charge) => settleCharge(charge, tally, terms));
  for (const line of lines) addLine(totals, line);
  const finished = finishTotals(totals, terms.taxRate);
  return finished === null ? null : { ...finished, lines };
}
