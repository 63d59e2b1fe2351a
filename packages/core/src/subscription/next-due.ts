import { periodEndsAt } from "../billing-period.ts";
import type { Instant } from "../calendar.ts";
import type { PartnerTerms } from "../terms.ts";
import { trialNoticeAt } from "../trial.ts";
import { isTrialRunning, isStopped, type Subscription } from "./state.ts";

/** The next instant at which something is due for a subscription by itself (R2); null: nothing ever will be. */
export function nextDueAt(subscription: Subscription, terms: PartnerTerms): Instant | null {
  const { period, cancellation, scheduledChange, advancedTo } = subscription;
  let next: Instant | null = null;
  const consider = (dueAt: Instant | null | undefined): void => {
    if (dueAt === null || dueAt === undefined || dueAt <= advancedTo) return;
    if (next === null || dueAt < next) next = dueAt;
  };
  if (period !== null) consider(periodEndsAt(period, terms.timeZone));
  if (isTrialRunning(subscription) && !isStopped(subscription)) {
    consider(trialNoticeAt(subscription.trial, terms.timeZone));
    consider(subscription.trial.endsAt);
  }
  consider(cancellation?.effectiveAt);
  consider(scheduledChange?.effectiveAt);
  switch (subscription.status) {
    case "scheduled":
      consider(subscription.startsAt);
      break;
    case "trialing":
    case "active":
      consider(subscription.pause?.startsAt);
      break;
    case "paused":
      consider(subscription.pause.resumesAt);
      break;
    case "canceled":
    case "expired":
      break;
    default:
      subscription satisfies never;
  }
  return next;
}
