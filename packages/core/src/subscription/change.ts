import type { Instant } from "../calendar.ts";
import { accept, recordCommand, refuse, type Decision, type FactType } from "../decision.ts";
import { prolongTerm, type TermOrder } from "../term.ts";
import type { Context } from "../terms.ts";
import { advance } from "./advance.ts";
import {
  changeConfiguration,
  type ConfigurationChangeRefusal,
  type ConfigurationOrder,
} from "./change-configuration.ts";
import { isStopped, type Metadata, type Subscription } from "./state.ts";

/** Absent: as it is. A null term is continuous; metadata are replaced as a whole. */
export type ChangeOrder = ConfigurationOrder & {
  readonly term?: TermOrder | null | undefined;
  readonly metadata?: Metadata | undefined;
};

export type ChangeRefusal =
  | { readonly code: "subscription_stopped"; readonly stoppedAt: Instant }
  | { readonly code: "subscription_not_started"; readonly startsAt: Instant }
  | ConfigurationChangeRefusal
  | { readonly code: "term_not_prolonged"; readonly periods: number };

/**
 * Changes quantity, product, term and metadata in one go: all of it, or nothing (R7, R8, R13, R29).
 * What is ordered as it is already is no change, and has no fact.
 *
 * Refusals: `subscription_stopped` (metadata can always be changed), `subscription_not_started` (quantity and product),
 * `product_unknown`, `product_not_priced`, `quantity_out_of_range`, `prepaid_licence_held`, `term_not_prolonged`.
 */
export function changeSubscription(
  subscription: Subscription,
  order: ChangeOrder,
  context: Context,
  at: Instant,
): Decision<ChangeRefusal> {
  const progress = advance(subscription, at, context);
  const current = progress.subscription;
  const ordersConfiguration = order.quantity !== undefined || order.product !== undefined;
  if (isStopped(current) && (ordersConfiguration || order.term !== undefined)) {
    return refuse({ code: "subscription_stopped", stoppedAt: current.stoppedAt });
  }
  if (current.status === "scheduled" && ordersConfiguration) {
    return refuse({ code: "subscription_not_started", startsAt: current.startsAt });
  }
  const change = changeConfiguration(current, order, context);
  if ("code" in change) return refuse(change);
  const term = order.term === undefined ? current.term : prolongTerm(current.term, order.term);
  if (term === "term_not_prolonged")
    return refuse({ code: term, periods: current.term?.periods ?? 0 });

  const metadata = order.metadata ?? current.metadata;
  const types: FactType[] = [...change.types];
  const isUpdated =
    term?.periods !== current.term?.periods ||
    term?.renews !== current.term?.renews ||
    !isSame(metadata, current.metadata);
  if (isUpdated) types.push("subscription.updated");
  if (types.length === 0) return accept(progress);
  return accept(recordCommand(progress, { ...change.after, term, metadata }, types));
}

function isSame(one: Metadata, other: Metadata): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
