import {
  beginPeriod,
  joinDearest,
  lastDayOfPeriodThrough,
  periodEndsAt,
  type PeriodSpan,
  type PricedConfiguration,
} from "../billing-period.ts";
import type { FactType } from "../decision.ts";
import type { Context, PartnerTerms } from "../terms.ts";
import { openTrialWindow } from "../trial.ts";
import { priceConfiguration } from "./configuration.ts";
import {
  baseOf,
  isInService,
  isTrialRunning,
  type Cancellation,
  type ServedSubscription,
  type StoppedSubscription,
  type Subscription,
} from "./state.ts";

/** In service, and trialing or active as the trial window says; nothing of a pause or stop is left. */
export function serve(subscription: Subscription): ServedSubscription {
  return {
    ...baseOf(subscription),
    status: isTrialRunning(subscription) ? "trialing" : "active",
    pause: null,
  };
}

/** Service begins, for the first time (which grants the trial: R6) or after a stop (R12), with the facts that say so. */
export function activate(
  subscription: Subscription,
  terms: PartnerTerms,
): { readonly activated: ServedSubscription; readonly types: readonly FactType[] } {
  const { trial, trialOffer, advancedTo } = subscription;
  if (trial !== null || trialOffer === null)
    return { activated: serve(subscription), types: ["subscription.activated"] };
  const granted = { ...subscription, trial: openTrialWindow(trialOffer, advancedTo, terms) };
  return {
    activated: serve(granted),
    types: ["subscription.activated", "subscription.trial_started"],
  };
}

/** Service ends (R11, R13), and with it all that was still to come. A period already begun stays open (R16). */
export function stop(
  subscription: Subscription,
  status: StoppedSubscription["status"],
): StoppedSubscription {
  const { advancedTo: stoppedAt } = subscription;
  return { ...baseOf(subscription), scheduledChange: null, cancellation: null, status, stoppedAt };
}

/**
 * Lets the configuration in force count for the billing period, where it is in service outside the trial (R16, R17):
 * it joins the maximum of the open period, or one begins.
 */
export function occupyPeriod(
  subscription: Subscription,
  isFirstPaid: boolean,
  context: Context,
): Subscription {
  if (!isInService(subscription) || subscription.status === "trialing") return subscription;
  const { period, advancedTo } = subscription;
  if (period === null)
    return openPeriod(subscription, beginPeriod(advancedTo, isFirstPaid, context.terms), context);
  const dearest = joinDearest(period.dearest, mustPrice(subscription, period, context));
  return dearest === period.dearest
    ? subscription
    : { ...subscription, period: { ...period, dearest } };
}

/** Opens a period for a subscription in service that has none. */
export function openPeriod(
  subscription: ServedSubscription,
  span: PeriodSpan,
  context: Context,
): ServedSubscription {
  const period = { ...span, dearest: mustPrice(subscription, span, context) };
  return {
    ...subscription,
    period,
    paidSince: subscription.paidSince ?? period.paidFromOn,
    cancellation: moveCancellation(subscription.cancellation, period, context.terms),
  };
}

/** Periods of 30 days may begin anew after a pause: the stop waits for the one that contains its date, or is next (R11). */
function moveCancellation(
  cancellation: Cancellation | null,
  period: PeriodSpan,
  terms: PartnerTerms,
): Cancellation | null {
  if (cancellation === null || cancellation.throughOn === null) return cancellation;
  const endsOn = lastDayOfPeriodThrough(
    cancellation.throughOn,
    period.startsOn,
    terms.billingPeriod,
  );
  const effectiveAt = periodEndsAt({ endsOn }, terms.timeZone);
  return effectiveAt === cancellation.effectiveAt ? cancellation : { ...cancellation, effectiveAt };
}

function mustPrice(
  subscription: Subscription,
  span: PeriodSpan,
  context: Context,
): PricedConfiguration {
  const priced = priceConfiguration(subscription, span.paidFromOn, context);
  // Every command made sure of it, and prices are never taken away.
  if (priced === null)
    throw new Error(
      `${subscription.id}: no price for ${subscription.product} on ${span.paidFromOn}`,
    );
  return priced;
}
