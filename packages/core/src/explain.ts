import { joinDearest, type PricedConfiguration } from "./billing-period.ts";
import {
  addDays,
  countDays,
  dayOf,
  daysInMonth,
  monthOf,
  startOfDay,
  type Instant,
  type LocalDate,
} from "./calendar.ts";
import type { Charge } from "./charge.ts";
import type { PastState } from "./report.ts";
import { priceConfiguration } from "./subscription/configuration.ts";
import type { Subscription, SubscriptionStatus } from "./subscription/state.ts";
import type { Context } from "./terms.ts";

/** What a subscription was for a while within a period; `source` is what the teller knows of its beginning. */
export type ExplainedConfiguration<Source> = Pick<PastState, "product" | "quantity"> & {
  /** From here until before `endsAt`, as far as it lies in the period. The same: for a moment, at the same instant as what replaced it. */
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly status: SubscriptionStatus;
  /** In service outside the trial, and so one of those of which the dearest is charged (R17). */
  readonly counts: boolean;
  /** What it has in this period (R19); null where it doesn't count. */
  readonly priced: PricedConfiguration | null;
  readonly source: Source;
};

/** Why a period is charged what it is (R15–R19). */
export type Explanation<Source> = {
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** The day on which the paid part began: prices are those of that day (R19). */
  readonly paidFromOn: LocalDate;
  /** In their order: the first of them, and the dearest. */
  readonly configurations: readonly ExplainedConfiguration<Source>[];
  readonly configurationCount: number;
  readonly dearest: ExplainedConfiguration<Source>;
  /** What it comes to. */
  readonly charge: Pick<Charge, "product" | "price" | "quantity" | "unitPrice" | "period" | "days">;
};

/** What has been told of a period so far. A history of any length needs no more than this. */
export type ExplanationTally<Source> = {
  readonly period: Charge["period"];
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  readonly subscription: Pick<Subscription, "paidSince" | "startsAgain">;
  /** The most configurations that are kept. */
  readonly limit: number;
  latest: Told<Source> | null;
  previousStatus: SubscriptionStatus | null;
  paidFromOn: LocalDate | null;
  isProrated: boolean;
  readonly kept: ExplainedConfiguration<Source>[];
  count: number;
  last: ExplainedConfiguration<Source> | null;
  dearest: ExplainedConfiguration<Source> | null;
};

type Told<Source> = PastState & { readonly source: Source };

/** Begins to tell of a charged period of a subscription. `limit`: so many configurations are kept, at least 1. */
export function startExplanation<Source>(
  period: Charge["period"],
  subscription: Pick<Subscription, "paidSince" | "startsAgain">,
  context: Pick<Context, "terms">,
  limit: number,
): ExplanationTally<Source> {
  const { timeZone } = context.terms;
  return {
    period,
    startsAt: startOfDay(period.startsOn, timeZone),
    endsAt: startOfDay(addDays(period.endsOn, 1), timeZone),
    subscription,
    limit,
    latest: null,
    previousStatus: null,
    paidFromOn: null,
    isProrated: false,
    kept: [],
    count: 0,
    last: null,
    dearest: null,
  };
}

/**
 * Takes the next state of the subscription's history, which has to come in its order: from the last one before the
 * period on, if there is one. What comes at the period's end or after it is left out.
 */
export function explainState<Source>(
  tally: ExplanationTally<Source>,
  state: Told<Source>,
  context: Context,
): void {
  if (state.at >= tally.endsAt) return;
  const { latest } = tally;
  if (latest !== null) {
    const isReplaced =
      // What the clock does at one instant is one step.
      (latest.by === "clock" && state.by === "clock" && latest.at === state.at) ||
      // What was brought along into the period, and ended as it began, was not in force in it (R2).
      (latest.at < tally.startsAt &&
        (state.at < tally.startsAt || (state.at === tally.startsAt && state.by === "clock")));
    if (!isReplaced) tell(tally, latest, state.at, context);
    tally.previousStatus = latest.status;
  }
  tally.latest = state;
}

/** What was told, put together; null: nothing of it is to be charged (R16). */
export function finishExplanation<Source>(
  tally: ExplanationTally<Source>,
  context: Context,
): Explanation<Source> | null {
  const { latest, period, startsAt, endsAt } = tally;
  if (latest !== null) tell(tally, latest, endsAt, context);
  tally.latest = null;
  const { paidFromOn, dearest, kept, limit } = tally;
  if (paidFromOn === null || dearest === null || dearest.priced === null) return null;
  const { product, price, quantity, unitPrice } = dearest.priced;
  const days = tally.isProrated
    ? {
        charged: countDays(paidFromOn, period.endsOn) + 1,
        of: daysInMonth(monthOf(period.endsOn)),
      }
    : null;
  return {
    startsAt,
    endsAt,
    paidFromOn,
    configurations: kept.includes(dearest) ? kept : [...kept.slice(0, limit - 1), dearest],
    configurationCount: tally.count,
    dearest,
    charge: {
      product,
      price,
      quantity,
      unitPrice,
      period: { startsOn: period.startsOn, endsOn: period.endsOn },
      days,
    },
  };
}

/** A state that held from its own instant until `until`. */
function tell<Source>(
  tally: ExplanationTally<Source>,
  state: Told<Source>,
  until: Instant,
  context: Context,
): void {
  const { product, quantity, status } = state;
  const counts = status === "active";
  if (counts && tally.paidFromOn === null) beginPaidPart(tally, state, context);
  const priced =
    counts && tally.paidFromOn !== null
      ? priceConfiguration(state, tally.paidFromOn, context)
      : null;
  if (counts && priced === null)
    throw new Error(`No price for ${product} on ${tally.paidFromOn}, which was in service then.`);
  const configuration = keep(tally, {
    product,
    quantity,
    startsAt: state.at < tally.startsAt ? tally.startsAt : state.at,
    endsAt: until,
    status,
    counts,
    priced,
    source: state.source,
  });
  if (priced === null) return;
  const { dearest } = tally;
  if (dearest === null || dearest.priced === null || joinDearest(dearest.priced, priced) === priced)
    tally.dearest = configuration;
}

/** Keeps a configuration, together with the one before it where nothing of it has changed. */
function keep<Source>(
  tally: ExplanationTally<Source>,
  next: ExplainedConfiguration<Source>,
): ExplainedConfiguration<Source> {
  const { last, kept } = tally;
  const isSame =
    last !== null &&
    last.product === next.product &&
    last.quantity === next.quantity &&
    last.status === next.status;
  const configuration = isSame ? { ...last, endsAt: next.endsAt } : next;
  if (isSame) {
    const index = kept.indexOf(last);
    if (index !== -1) kept[index] = configuration;
    if (tally.dearest === last) tally.dearest = configuration;
  } else {
    tally.count += 1;
    if (kept.length < tally.limit) kept.push(configuration);
  }
  tally.last = configuration;
  return configuration;
}

/** The first paid moment of the period sets the day of the price, and may be the first of all (R18). */
function beginPaidPart<Source>(
  tally: ExplanationTally<Source>,
  { at }: Told<Source>,
  { terms }: Context,
): void {
  const { startsAt, period, previousStatus, subscription } = tally;
  const paidFromOn = at <= startsAt ? period.startsOn : dayOf(at, terms.timeZone);
  const isFirst = subscription.paidSince === paidFromOn;
  // A start that was waited for comes by the clock, or by a command on the licence that it waited for.
  const hasBegunByItself =
    previousStatus === null ||
    previousStatus === "trialing" ||
    (previousStatus === "scheduled" && !subscription.startsAgain);
  tally.paidFromOn = paidFromOn;
  tally.isProrated =
    terms.billingPeriod === "calendar_month" &&
    isFirst &&
    hasBegunByItself &&
    paidFromOn !== period.startsOn;
}
