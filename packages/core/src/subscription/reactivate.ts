import { periodEndsAt, type OpenPeriod } from "../billing-period.ts";
import type { Instant } from "../calendar.ts";
import { accept, recordCommand, refuse, type Decision } from "../decision.ts";
import type { ProductId } from "../ids.ts";
import { refusePrepaid, whenPrepaidEnds, type PrepaidRefusal } from "../prepaid.ts";
import { beginTerm, isTermOver, type Term } from "../term.ts";
import type { Context, PartnerTerms } from "../terms.ts";
import { advance } from "./advance.ts";
import { priceDayOf, refuseConfiguration, type ConfigurationRefusal } from "./configuration.ts";
import { activate, occupyPeriod } from "./service.ts";
import {
  baseOf,
  isStopped,
  type ScheduledSubscription,
  type StoppedSubscription,
  type Subscription,
  type SubscriptionStatus,
} from "./state.ts";

/** Absent: as it was, and at once. */
export type ReactivateOrder = {
  readonly quantity?: number | undefined;
  readonly product?: ProductId | undefined;
  /** When the customer no longer holds a prepaid licence for the product; at once, if it holds none (R14). */
  readonly startsAt?: "when_prepaid_ends" | undefined;
};

export type ReactivateRefusal =
  | { readonly code: "subscription_not_stopped"; readonly status: SubscriptionStatus }
  | ConfigurationRefusal
  | PrepaidRefusal;

/**
 * Takes a stopped or expired subscription up again (R12): same code, no new trial, what is left of its window still free.
 * It may wait for the end of a prepaid licence, `scheduled` until then (R14).
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
  const startsAt =
    order.startsAt === "when_prepaid_ends"
      ? whenPrepaidEnds(configuration.product, context, current.advancedTo)
      : current.advancedTo;
  const { activated, types } = activate(
    { ...taken, period: periodAt(taken, startsAt, context.terms), advancedTo: startsAt },
    context.terms,
  );
  const refusal =
    refuseConfiguration(configuration, priceDayOf(activated, context.terms), context) ??
    refusePrepaid(configuration.product, startsAt, context);
  if (refusal !== null) return refuse(refusal);
  if (startsAt > current.advancedTo) {
    const waiting: ScheduledSubscription = { ...baseOf(taken), startsAt, status: "scheduled" };
    return accept(recordCommand(progress, waiting, ["subscription.reactivated"]));
  }
  // Never the first paid period by the day: it follows on a reactivation (R18).
  const after = occupyPeriod(activated, false, context);
  return accept(recordCommand(progress, after, ["subscription.reactivated", ...types]));
}

/** The period that is open, if it still is at `at`. */
function periodAt(
  { period }: StoppedSubscription,
  at: Instant,
  { timeZone }: PartnerTerms,
): OpenPeriod | null {
  return period !== null && periodEndsAt(period, timeZone) > at ? period : null;
}

/** A term used up begins anew; one that a stop cut short goes on. What never started starts now. */
function restart(subscription: StoppedSubscription): {
  readonly term: Term | null;
  readonly startsAt: Instant;
  readonly startsAgain: boolean;
} {
  const { term, startsAt, advancedTo, paidSince, startsAgain } = subscription;
  return {
    term: term !== null && isTermOver(term) ? beginTerm(term) : term,
    startsAt: startsAt > subscription.stoppedAt ? advancedTo : startsAt,
    startsAgain: startsAgain || paidSince === null,
  };
}
