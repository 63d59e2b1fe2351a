import {
  firstDayOf,
  monthOf,
  nextMonth,
  dayOf,
  type Instant,
  type LocalDate,
  type Month,
} from "./calendar.ts";
import type { Price, Product } from "./catalogue.ts";
import type { ProductId } from "./ids.ts";

export type PartnerType = "reseller" | "msp" | "xsp";
export type BillingPeriod = "calendar_month" | "thirty_days";

/** The length of a free trial, at least 1 of its unit; R6 says how each is counted. */
export type TrialLength = { readonly months: number } | { readonly days: number };

/** What was agreed with a partner, as far as the rules ask for it. The two trials concern an xSP only (R6). */
export type PartnerTerms = {
  /** What it was taken on as. What it is on a day, `channelOn` says. */
  readonly type: PartnerType;
  /** The first day of the month from which on a reseller is an MSP, past or to come; null for all others. */
  readonly mspFrom: LocalDate | null;
  /** An IANA name (R1), checked by `isTimeZone`. */
  readonly timeZone: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly billingPeriod: BillingPeriod;
  /** Null: no limit but the 2 months that hold for everyone. */
  readonly trialLimit: TrialLength | null;
  /** Null: no trial unless the request offers one. */
  readonly defaultTrial: TrialLength | null;
};

/**
 * What a partner is on a day: its prices are those of this channel (R19), and a month's tiers count for whoever is an MSP
 * on its first day (R20). Told from the terms and the day alone, so that late comes out as on time (R3).
 */
export function channelOn(
  { type, mspFrom }: Pick<PartnerTerms, "type" | "mspFrom">,
  day: LocalDate,
): PartnerType {
  return mspFrom !== null && day >= mspFrom ? "msp" : type;
}

/** What a partner is in a month, whose tiers count by it: a reseller becomes an MSP with the first of one. */
export function channelIn(
  terms: Pick<PartnerTerms, "type" | "mspFrom">,
  month: Month,
): PartnerType {
  return channelOn(terms, firstDayOf(month));
}

/** The day from which on a reseller that orders it at `at` is an MSP: the first of the next month there. */
export function mspFromWhenOrdered(at: Instant, timeZone: string): LocalDate {
  return firstDayOf(nextMonth(monthOf(dayOf(at, timeZone))));
}

/**
 * All that a rule may look up: pure, and narrowed to the partner's channel and currency.
 * Prices must never be taken away or dated back, else catching up late would charge differently (R3).
 */
export type Context = {
  readonly terms: PartnerTerms;
  readonly catalogue: {
    readonly product: (id: ProductId) => Product | undefined;
    readonly priceOn: (product: ProductId, day: LocalDate) => Price | undefined;
  };
  /** Until when the customer goes on holding a prepaid licence for the product, counted from `at`; null if it holds none then (R14). */
  readonly prepaid?: (product: ProductId, at: Instant) => Instant | null;
};
