import {
  addDays,
  addMonths,
  dayOf,
  firstDayOf,
  monthOf,
  startOfDay,
  type Instant,
} from "./calendar.ts";
import type { PartnerTerms, TrialLength } from "./terms.ts";

/** Free from `startsAt` until before `endsAt`, a local midnight; fixed once and never moved (R6). */
export type TrialWindow = { readonly startsAt: Instant; readonly endsAt: Instant };

export type TrialRefusal =
  | { readonly code: "trial_not_offered" }
  | { readonly code: "trial_exceeds_limit"; readonly limit: TrialLength };

/** Never more than this, whatever a partner's own limit (R6). */
const greatestMonths = 2;
/** R6: a month is 30 days where months and days are compared, and where periods are of 30 days. */
const daysOfMonth = 30;
const daysOfNotice = 3;

/** What resellers and MSPs always give: the month of the start, or 30 days (R6). */
const standardTrial: TrialLength = { months: 1 };

/**
 * The trial that a subscription's first activation will grant; null: none (R6).
 * `requested` is what the request says: only an xSP may say anything.
 *
 * Refusals: `trial_not_offered`, `trial_exceeds_limit`.
 */
export function chooseTrial(
  requested: TrialLength | "none" | undefined,
  terms: PartnerTerms,
): TrialLength | null | TrialRefusal {
  if (terms.type !== "xsp")
    return requested === undefined ? standardTrial : { code: "trial_not_offered" };
  const length = requested ?? terms.defaultTrial ?? "none";
  if (length === "none") return null;
  const limit = trialLimitOf(terms);
  return isLongerTrial(length, limit) ? { code: "trial_exceeds_limit", limit } : length;
}

/** The longest trial that the partner may offer: its own limit, where that is below the one for everyone. */
export function trialLimitOf(terms: Pick<PartnerTerms, "trialLimit">): TrialLength {
  const { trialLimit } = terms;
  const greatest = { months: greatestMonths };
  return trialLimit === null || isLongerTrial(trialLimit, greatest) ? greatest : trialLimit;
}

/** Compares nominal lengths: months with months, days with days, and across the two a month is 30 days. */
export function isLongerTrial(length: TrialLength, limit: TrialLength): boolean {
  return nominalDays(length) > nominalDays(limit);
}

function nominalDays(length: TrialLength): number {
  return "months" in length ? length.months * daysOfMonth : length.days;
}

/** The window that a first activation at `startsAt` grants (R6). */
export function openTrialWindow(
  length: TrialLength,
  startsAt: Instant,
  terms: PartnerTerms,
): TrialWindow {
  const { timeZone, billingPeriod } = terms;
  const startsOn = dayOf(startsAt, timeZone);
  // Months of the calendar count the one of the start as the first, so that the window ends with a month.
  const endsOn =
    "months" in length && billingPeriod === "calendar_month"
      ? firstDayOf(addMonths(monthOf(startsOn), length.months))
      : addDays(startsOn, nominalDays(length));
  return { startsAt, endsAt: startOfDay(endsOn, timeZone) };
}

/** When the end of a trial is announced: 3 local days before it; null if it is too short for that. */
export function trialNoticeAt(trial: TrialWindow, timeZone: string): Instant | null {
  const noticeAt = startOfDay(addDays(dayOf(trial.endsAt, timeZone), -daysOfNotice), timeZone);
  return noticeAt > trial.startsAt ? noticeAt : null;
}
