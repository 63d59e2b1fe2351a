import {
  formatInstant,
  periodEndsAt,
  startOfDay,
  type PartnerTerms,
  type Subscription,
  type TrialWindow,
} from "@evergate/core";
import type { components } from "../generated/api.ts";

export type WireSubscription = components["schemas"]["SubscriptionFields"];

/** A subscription as the API answers it. */
export function toWireSubscription(
  subscription: Subscription,
  terms: PartnerTerms,
): WireSubscription {
  const { period, cancellation, scheduledChange, term } = subscription;
  const pause = "pause" in subscription ? subscription.pause : null;
  return {
    id: subscription.id,
    externalId: subscription.externalId,
    customer: subscription.customer,
    product: subscription.product,
    quantity: subscription.quantity,
    activationCode: subscription.activationCode,
    status: subscription.status,
    trial: toWireTrial(subscription.trial),
    period:
      period === null
        ? null
        : {
            startsAt: formatInstant(startOfDay(period.startsOn, terms.timeZone)),
            endsAt: formatInstant(periodEndsAt(period, terms.timeZone)),
            billedQuantity: period.dearest.quantity,
            billedProduct: period.dearest.product,
          },
    pause:
      pause === null
        ? null
        : {
            startsAt: formatInstant(pause.startsAt),
            resumesAt: pause.resumesAt === null ? null : formatInstant(pause.resumesAt),
          },
    cancellation:
      cancellation === null
        ? null
        : {
            effectiveAt: formatInstant(cancellation.effectiveAt),
            requestedAt: formatInstant(cancellation.requestedAt),
          },
    scheduledChange:
      scheduledChange === null
        ? null
        : {
            quantity: scheduledChange.quantity,
            product: scheduledChange.product,
            effectiveAt: formatInstant(scheduledChange.effectiveAt),
          },
    term: term === null ? null : { periods: term.periods, used: term.used, renews: term.renews },
    startsAt: formatInstant(subscription.startsAt),
    createdAt: formatInstant(subscription.createdAt),
    version: subscription.version,
    metadata: subscription.metadata,
  };
}

function toWireTrial(trial: TrialWindow | null): WireSubscription["trial"] {
  return trial === null
    ? null
    : { startsAt: formatInstant(trial.startsAt), endsAt: formatInstant(trial.endsAt) };
}
