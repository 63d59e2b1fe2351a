import {
  addDays,
  dayOf,
  firstDayOf,
  lastDayOf,
  monthOf,
  nextMonth,
  type Instant,
  type LocalDate,
  type Month,
} from "./calendar.ts";
import { billMonthOf, type Charge } from "./charge.ts";
import { settlesAt } from "./settlement.ts";
import { advance } from "./subscription/advance.ts";
import type { Subscription } from "./subscription/state.ts";
import type { Context, PartnerTerms } from "./terms.ts";

/** A billing period, with what a subscription will be charged for it, or null: nothing. */
export type PreviewedPeriod = {
  readonly startsOn: LocalDate;
  readonly endsOn: LocalDate;
  /** As things stood, if nothing more changed. */
  readonly before: Charge | null;
  /** After the change, if nothing more changed. */
  readonly after: Charge | null;
};

/** What two futures of a subscription come to: one in which a change is made, and one in which it isn't. */
export type ChargePreview = {
  /** This period and the next, in their order. */
  readonly periods: readonly PreviewedPeriod[];
  /** The months on whose bills their charges go, which decide on an MSP's discount (R20): the first and the last, null: none. */
  readonly months: { readonly first: Month; readonly last: Month } | null;
  /** All charges of either future on the bills up to the last of these months. */
  readonly before: readonly Charge[];
  readonly after: readonly Charge[];
};

/** Periods of 30 days that begin within so many days are this one and the next. */
const daysAhead = 60;

/**
 * What a change that is made at `at` does to the charges of this period and the next. Nothing is computed but what the
 * clock will do to the subscription itself, before and after, so that what is promised is what is charged.
 *
 * Calendar months are the running one and the next, whether anything is charged for them or not. Periods of 30 days
 * have their place by the subscription: those that run or will begin within 60 days, two at most of each future.
 */
export function previewCharges(
  before: Subscription,
  after: Subscription,
  context: Context,
  at: Instant,
): ChargePreview {
  const { terms } = context;
  const today = dayOf(at, terms.timeZone);
  // A period that begins within 60 days ends within 90.
  const horizon = monthOf(addDays(today, daysAhead + 30));
  const without = foresee(before, horizon, context);
  const withIt = foresee(after, horizon, context);
  const spans = listSpans([without, withIt], today, terms);
  const find = (charges: readonly Charge[], startsOn: LocalDate): Charge | null =>
    charges.find(({ period }) => period.startsOn === startsOn) ?? null;
  const months = spans.map(billMonth).toSorted();
  const [first] = months;
  const last = months.at(-1);
  return {
    periods: spans.map(({ startsOn, endsOn }) => ({
      startsOn,
      endsOn,
      before: find(without, startsOn),
      after: find(withIt, startsOn),
    })),
    months: first === undefined || last === undefined ? null : { first, last },
    before: upTo(last, without),
    after: upTo(last, withIt),
  };
}

type Span = { readonly startsOn: LocalDate; readonly endsOn: LocalDate };

const billMonth = (period: Span): Month => billMonthOf({ period });

function upTo(month: Month | undefined, charges: readonly Charge[]): readonly Charge[] {
  return month === undefined ? [] : charges.filter((charge) => billMonthOf(charge) <= month);
}

function foresee(subscription: Subscription, through: Month, context: Context): readonly Charge[] {
  const until = settlesAt(through, context.terms.timeZone);
  return advance(subscription, until, context).facts.flatMap(({ charge }) =>
    charge === null ? [] : [charge],
  );
}

function listSpans(
  futures: readonly (readonly Charge[])[],
  today: LocalDate,
  { billingPeriod }: PartnerTerms,
): readonly Span[] {
  switch (billingPeriod) {
    case "calendar_month": {
      const month = monthOf(today);
      return [month, nextMonth(month)].map((one) => ({
        startsOn: firstDayOf(one),
        endsOn: lastDayOf(one),
      }));
    }
    case "thirty_days": {
      const spans = new Map<LocalDate, Span>();
      const end = addDays(today, daysAhead);
      for (const charges of futures)
        for (const { period } of charges
          .filter((charge) => charge.period.startsOn < end)
          .slice(0, 2))
          spans.set(period.startsOn, period);
      return [...spans.values()].toSorted((one, other) => (one.startsOn < other.startsOn ? -1 : 1));
    }
    default:
      return billingPeriod satisfies never;
  }
}
