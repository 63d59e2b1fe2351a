import type { Instant } from "../calendar.ts";
import { accept, recordCommand, refuse, type Decision } from "../decision.ts";
import type { ProductId } from "../ids.ts";
import { refusePrepaid, type PrepaidRefusal } from "../prepaid.ts";
import { beginTerm, isTermOver, type Term } from "../term.ts";
import type { Context } from "../terms.ts";
import { advance } from "./advance.ts";
import { priceDayOf, refuseConfiguration, type ConfigurationRefusal } from "./configuration.ts";
import { activate, occupyPeriod } from "./service.ts";
import {
  isStopped,
  type StoppedSubscription,
  type Subscription,
  type SubscriptionStatus,
} from "./state.ts";

/** Absent: as it was. */
export type ReactivateOrder = {
  readonly quantity?: number | undefined;
  readonly product?: ProductId | undefined;
};

export type ReactivateRefusal =
  | { readonly code: "subscription_not_stopped"; readonly status: SubscriptionStatus }
  | ConfigurationRefusal
  | PrepaidRefusal;

/**
 * Takes a stopped or expired subscription up again (R12): same code, no new trial, what is left of its window still free.
 *
 * Refusals: `subscription_not_stopped`, `product_unknown`, `product_not_priced`, `quantity_out_of_range`,
 * `prepaid_licence_held`.
 */
export function reactivateSubscription(
  subscription: Subscription,
  order: ReactivateOrder,
  context: Context,
  at: Instant,
): Decision<ReactivateRefusal> {
  const progress = advance(subscription, at, context);
  const current = progress.subscription;
  if (!isStopped(current))
    return refuse({ code: "subscription_not_stopped", status: current.status });
  const configuration = {
    product: order.product ?? current.product,
    quantity: order.quantity ?? current.quantity,
  };
  const taken: StoppedSubscription = { ...current, ...configuration, ...restart(current) };
  const { activated, types } = activate(taken, context.terms);
  const refusal =
    refuseConfiguration(configuration, priceDayOf(activated, context.terms), context) ??
    refusePrepaid(configuration.product, current.advancedTo, context);
  if (refusal !== null) return refuse(refusal);
  // Never the first paid period by the day: it follows on a reactivation (R18).
  const after = occupyPeriod(activated, false, context);
  return accept(recordCommand(progress, after, ["subscription.reactivated", ...types]));
}

/** A term used up begins anew; one that a stop cut short goes on. What never started starts now. */
function restart(subscription: StoppedSubscription): {
  readonly term: Term | null;
  readonly startsAt: Instant;
} {
  const { term, startsAt, advancedTo } = subscription;
  return {
    term: term !== null && isTermOver(term) ? beginTerm(term) : term,
    startsAt: startsAt > subscription.stoppedAt ? advancedTo : startsAt,
  };
}
