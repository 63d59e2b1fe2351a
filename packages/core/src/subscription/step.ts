import { followingPeriod, periodEndsAt, type OpenPeriod } from "../billing-period.ts";
import type { Instant } from "../calendar.ts";
import { chargePeriod } from "../charge.ts";
import { amend, record, type FactType, type Progress } from "../decision.ts";
import { beginTerm, countPeriod, isTermOver } from "../term.ts";
import type { Context } from "../terms.ts";
import { trialNoticeAt } from "../trial.ts";
import { activate, occupyPeriod, openPeriod, serve, stop } from "./service.ts";
import { baseOf, isFirstStart, isInService, isStopped, type Subscription } from "./state.ts";

/**
 * Carries out all that is due for a subscription at exactly `at`, in the order of R2.
 * `at` is not after the next due instant: `advance` takes care of that.
 */
export function step(subscription: Subscription, at: Instant, context: Context): Progress {
  const { period } = subscription;
  const { timeZone } = context.terms;
  const closing = period !== null && periodEndsAt(period, timeZone) === at ? period : null;
  let progress: Progress = { subscription: { ...subscription, advancedTo: at }, facts: [] };
  if (closing !== null) progress = closePeriod(progress, closing);
  // Paid service begins for the first time by a trial's end in service or a first start, not after a pause or a stop (R18).
  const isFirstPaid = subscription.status === "trialing" || isFirstStart(subscription);
  progress = announceTrialEnd(progress, timeZone);
  progress = endTrial(progress);
  progress = takeCancellation(progress);
  if (closing !== null) progress = endTerm(progress);
  progress = takeScheduledChange(progress);
  progress = takePauseOrResume(progress);
  progress = start(progress, context);
  return closing === null
    ? occupy(progress, subscription, isFirstPaid, context)
    : renew(progress, closing, context);
}

/** A period begun is charged once, in full, whatever the status has become (R16); it counts for the term (R13). */
function closePeriod(progress: Progress, period: OpenPeriod): Progress {
  const { subscription } = progress;
  const charge = chargePeriod(subscription, period, subscription.advancedTo);
  const after = { ...subscription, period: null, term: countPeriod(subscription.term) };
  return record(progress, after, ["charge.created"], charge);
}

function announceTrialEnd(progress: Progress, timeZone: string): Progress {
  const { subscription } = progress;
  if (subscription.trial === null || isStopped(subscription)) return progress;
  if (trialNoticeAt(subscription.trial, timeZone) !== subscription.advancedTo) return progress;
  return record(progress, subscription, ["subscription.trial_will_end"]);
}

/** Also in a pause: the window never moves (R6). */
function endTrial(progress: Progress): Progress {
  const { subscription } = progress;
  if (subscription.trial?.endsAt !== subscription.advancedTo || isStopped(subscription))
    return progress;
  const after: Subscription =
    subscription.status === "trialing" ? { ...subscription, status: "active" } : subscription;
  return record(progress, after, ["subscription.trial_ended"]);
}

function takeCancellation(progress: Progress): Progress {
  const { subscription } = progress;
  if (subscription.cancellation?.effectiveAt !== subscription.advancedTo) return progress;
  return record(progress, stop(subscription, "canceled"), ["subscription.canceled"]);
}

/** Called where a period has closed: only that can use a term up (R13). */
function endTerm(progress: Progress): Progress {
  const { subscription } = progress;
  if (subscription.term === null || !isTermOver(subscription.term) || isStopped(subscription))
    return progress;
  if (subscription.term.renews)
    return amend(progress, { ...subscription, term: beginTerm(subscription.term) });
  return record(progress, stop(subscription, "expired"), ["subscription.expired"]);
}

function takeScheduledChange(progress: Progress): Progress {
  const { subscription } = progress;
  const { scheduledChange } = subscription;
  if (scheduledChange?.effectiveAt !== subscription.advancedTo) return progress;
  const product = scheduledChange.product ?? subscription.product;
  const quantity = scheduledChange.quantity ?? subscription.quantity;
  const types: FactType[] = [];
  if (product !== subscription.product) types.push("subscription.product_changed");
  if (quantity !== subscription.quantity) types.push("subscription.quantity_changed");
  const after = { ...subscription, product, quantity, scheduledChange: null };
  // An immediate change may have made it so already: then only the slot is emptied.
  return types.length === 0 ? amend(progress, after) : record(progress, after, types);
}

function takePauseOrResume(progress: Progress): Progress {
  const { subscription } = progress;
  const { advancedTo } = subscription;
  if (isInService(subscription) && subscription.pause?.startsAt === advancedTo) {
    const after: Subscription = {
      ...baseOf(subscription),
      status: "paused",
      pause: subscription.pause,
    };
    return record(progress, after, ["subscription.paused"]);
  }
  if (subscription.status === "paused" && subscription.pause.resumesAt === advancedTo) {
    return record(progress, serve(subscription), ["subscription.resumed"]);
  }
  return progress;
}

function start(progress: Progress, context: Context): Progress {
  const { subscription } = progress;
  if (subscription.status !== "scheduled" || subscription.startsAt !== subscription.advancedTo)
    return progress;
  const { activated, types } = activate(subscription, context.terms);
  return record(progress, activated, types);
}

/** Service goes on after a period that has just closed: the next one opens (R10). */
function renew(progress: Progress, closed: OpenPeriod, context: Context): Progress {
  const { subscription } = progress;
  // A paid period is never followed by a trial, so that in service means active.
  if (!isInService(subscription)) return progress;
  const span = followingPeriod(closed, context.terms.billingPeriod);
  return record(progress, openPeriod(subscription, span, context), ["subscription.renewed"]);
}

/** Service that has just begun, or begun again, counts for a period; the fact that says so shows it. */
function occupy(
  progress: Progress,
  before: Subscription,
  isFirstPaid: boolean,
  context: Context,
): Progress {
  const { subscription } = progress;
  if (before.status === subscription.status) return progress;
  const after = occupyPeriod(subscription, isFirstPaid, context);
  return after === subscription ? progress : amend(progress, after);
}
