import { lastDayOfPeriodThrough, periodEndsAt } from "../billing-period.ts";
import { dayOf, type Instant, type LocalDate } from "../calendar.ts";
import { accept, recordCommand, refuse, type Decision } from "../decision.ts";
import type { Context, PartnerTerms } from "../terms.ts";
import { advance } from "./advance.ts";
import { stop } from "./service.ts";
import {
  isTrialRunning,
  isInService,
  isStopped,
  type ServedSubscription,
  type Subscription,
} from "./state.ts";

export type CancelOrder = {
  readonly effective: "period_end" | "now";
  /** With `period_end`: the end of the period that contains this day. */
  readonly date?: LocalDate | null | undefined;
};

export type CancelRefusal =
  | { readonly code: "subscription_stopped"; readonly stoppedAt: Instant }
  | { readonly code: "cancellation_date_not_allowed" }
  | { readonly code: "cancellation_date_in_past"; readonly today: LocalDate };

/**
 * Stops a subscription (R11): at once, or at the end of a period, or of the trial.
 * What is paused or has not started stops at once, whatever was asked; a second order replaces the first.
 *
 * Refusals: `subscription_stopped`, `cancellation_date_not_allowed` (with "now"), `cancellation_date_in_past`.
 */
export function cancelSubscription(
  subscription: Subscription,
  order: CancelOrder,
  context: Context,
  at: Instant,
): Decision<CancelRefusal> {
  const progress = advance(subscription, at, context);
  const current = progress.subscription;
  const { advancedTo: now } = current;
  const date = order.date ?? null;
  if (isStopped(current))
    return refuse({ code: "subscription_stopped", stoppedAt: current.stoppedAt });
  if (date !== null) {
    if (order.effective === "now") return refuse({ code: "cancellation_date_not_allowed" });
    const today = dayOf(now, context.terms.timeZone);
    if (date < today) return refuse({ code: "cancellation_date_in_past", today });
  }
  if (order.effective === "now" || !isInService(current)) {
    return accept(recordCommand(progress, stop(current, "canceled"), ["subscription.canceled"]));
  }
  const cancellation = {
    effectiveAt: findStop(current, date, context.terms),
    requestedAt: now,
    throughOn: date,
  };
  return accept(
    recordCommand(progress, { ...current, cancellation }, ["subscription.cancellation_scheduled"]),
  );
}

/** The trial's end, the end of the open period, or that of the later one which contains the date. */
function findStop(
  subscription: ServedSubscription,
  date: LocalDate | null,
  terms: PartnerTerms,
): Instant {
  const { timeZone, billingPeriod } = terms;
  const endThrough = (day: LocalDate, startsOn: LocalDate): Instant =>
    periodEndsAt({ endsOn: lastDayOfPeriodThrough(day, startsOn, billingPeriod) }, timeZone);
  if (isTrialRunning(subscription)) {
    const paidFromOn = dayOf(subscription.trial.endsAt, timeZone);
    return date === null || date < paidFromOn
      ? subscription.trial.endsAt
      : endThrough(date, paidFromOn);
  }
  const { period } = subscription;
  if (period === null)
    throw new Error(`${subscription.id}: in service outside its trial without a period`);
  return endThrough(date ?? period.startsOn, period.startsOn);
}
