import {
  addDays,
  daysInMonth,
  firstDayOf,
  startOfDay,
  toInstant,
  type Instant,
  type Month,
} from "./calendar.ts";
import type { ProductId } from "./ids.ts";
import { settlesAt } from "./settlement.ts";
import type { Subscription, SubscriptionStatus } from "./subscription/state.ts";

/** The time that a report is about: a month, as far as it has come (R25). */
export type ReportSpan = {
  readonly month: Month;
  readonly startsAt: Instant;
  /** The first instant that is no longer part of it: the month's end, or that after now. */
  readonly endsAt: Instant;
  /** When each of the month's local days begins. A day that the zone skipped has no moment, and is none of them. */
  readonly dayStarts: readonly Instant[];
};

/** What a subscription was from `at` on, by its history. */
export type PastState = Pick<Subscription, "status" | "product" | "quantity"> & {
  readonly at: Instant;
  /** What the clock does at one instant is one step: only what it leads to is a state that anyone was served with. */
  readonly by: "clock" | "command";
};

/** Service with one product in a month. */
export type ProductService = {
  readonly product: ProductId;
  /** The largest quantity in service with this product, in the trial as well as outside, however briefly. */
  readonly quantity: number;
  /** Local days on which it was in service with this product at any moment; a day of change counts for both products. */
  readonly daysInService: number;
  /** In service with this product only inside the trial. */
  readonly isFree: boolean;
  /** The product at the end of the span, in service or not. */
  readonly isCurrent: boolean;
};

/** A subscription's month (R25). */
export type ServiceReport = {
  /** At the end of the span: what takes effect at the midnight that ends a month is the next month's. */
  readonly status: SubscriptionStatus;
  /** Local days on which it was in service at any moment. */
  readonly daysInService: number;
  readonly isFree: boolean;
  /** Each product that it was in service with, in the order in which service with it first began; never empty. */
  readonly products: readonly ProductService[];
};

/** The span of a month's report asked for at `now`; null: the month has not begun. */
export function openReport(month: Month, timeZone: string, now: Instant): ReportSpan | null {
  const firstDay = firstDayOf(month);
  const startsAt = startOfDay(firstDay, timeZone);
  if (now < startsAt) return null;
  const endsAt = toInstant(Math.min(settlesAt(month, timeZone), now + 1));
  const dayStarts = new Set<Instant>();
  for (let day = 0; day < daysInMonth(month); day++) {
    const dayStartsAt = startOfDay(addDays(firstDay, day), timeZone);
    if (dayStartsAt < settlesAt(month, timeZone)) dayStarts.add(dayStartsAt);
  }
  return { month, startsAt, endsAt, dayStarts: [...dayStarts] };
}

/** What has been counted of one subscription so far. Plain data: a history of any length needs no more. */
export type ServiceTally = {
  readonly span: ReportSpan;
  latest: PastState | null;
  readonly all: Days;
  readonly products: Map<ProductId, Days & { quantity: number }>;
};

type Days = {
  count: number;
  /** The last day that was counted, by its place in the month; -1: none. */
  lastIndex: number;
  isFree: boolean;
};

export function startServiceTally(span: ReportSpan): ServiceTally {
  return { span, latest: null, all: startDays(), products: new Map() };
}

/**
 * Counts the next state of a subscription's history, which has to come in its order: from any state before the span on,
 * the first of all where there is none before. What lies beyond the span is left out.
 */
export function tallyState(tally: ServiceTally, state: PastState): void {
  if (state.at >= tally.span.endsAt) return;
  const { latest } = tally;
  const isSameStep =
    latest !== null && latest.at === state.at && latest.by === "clock" && state.by === "clock";
  // What a command replaces held at its instant, too, after all that the clock had to do then (R2).
  const end = state.by === "command" ? state.at : state.at - 1;
  if (latest !== null && !isSameStep) countService(tally, latest, end);
  tally.latest = state;
}

/** What the history came to; null: never in service in the span, so that the report doesn't speak of it. */
export function finishServiceTally(tally: ServiceTally): ServiceReport | null {
  const { latest, all, products, span } = tally;
  if (latest === null) return null;
  countService(tally, latest, span.endsAt - 1);
  if (all.count === 0) return null;
  return {
    status: latest.status,
    daysInService: all.count,
    isFree: all.isFree,
    products: [...products].map(([product, { quantity, count, isFree }]) => ({
      product,
      quantity,
      daysInService: count,
      isFree,
      isCurrent: product === latest.product,
    })),
  };
}

/** A whole history at once. */
export function reportService(
  history: Iterable<PastState>,
  span: ReportSpan,
): ServiceReport | null {
  const tally = startServiceTally(span);
  for (const state of history) tallyState(tally, state);
  return finishServiceTally(tally);
}

/**
 * Counts a state that held from its own instant up to `through`, both included. At its own instant it held whatever
 * came then: such a moment can begin a period, which is charged (R16).
 */
function countService(tally: ServiceTally, state: PastState, through: number): void {
  const { startsAt, dayStarts } = tally.span;
  if (state.status !== "trialing" && state.status !== "active") return;
  if (Math.max(state.at, through) < startsAt) return;
  const firstAt = Math.max(state.at, startsAt);
  const first = indexOfDay(dayStarts, firstAt);
  const last = indexOfDay(dayStarts, Math.max(firstAt, through));
  const isFree = state.status === "trialing";
  let ofProduct = tally.products.get(state.product);
  if (ofProduct === undefined) {
    ofProduct = { ...startDays(), quantity: 0 };
    tally.products.set(state.product, ofProduct);
  }
  ofProduct.quantity = Math.max(ofProduct.quantity, state.quantity);
  for (const days of [tally.all, ofProduct]) {
    days.count += Math.max(0, last - Math.max(first, days.lastIndex + 1) + 1);
    days.lastIndex = Math.max(days.lastIndex, last);
    days.isFree &&= isFree;
  }
}

function startDays(): Days {
  return { count: 0, lastIndex: -1, isFree: true };
}

/** Which of the month's days an instant of it lies in. */
function indexOfDay(dayStarts: readonly Instant[], at: number): number {
  let index = dayStarts.length - 1;
  while (index > 0 && (dayStarts[index] ?? 0) > at) index -= 1;
  return index;
}
