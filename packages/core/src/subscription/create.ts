import type { ActivationCode } from "../activation-code.ts";
import type { Instant } from "../calendar.ts";
import { accept, recordCreation, refuse, type Decision } from "../decision.ts";
import type { CustomerId, ProductId, SubscriptionId } from "../ids.ts";
import { refusePrepaid, whenPrepaidEnds, type PrepaidRefusal } from "../prepaid.ts";
import { beginTerm, type TermOrder } from "../term.ts";
import type { Context, TrialLength } from "../terms.ts";
import { chooseTrial, type TrialRefusal } from "../trial.ts";
import { priceDayOf, refuseConfiguration, type ConfigurationRefusal } from "./configuration.ts";
import { activate, occupyPeriod } from "./service.ts";
import type { Metadata, ScheduledSubscription } from "./state.ts";

export type CreateOrder = {
  readonly id: SubscriptionId;
  readonly customer: CustomerId;
  readonly externalId: string | null;
  readonly activationCode: ActivationCode;
  readonly product: ProductId;
  readonly quantity: number;
  /** Absent: what the partner gives by default; only an xSP may say anything (R6). */
  readonly trial?: TrialLength | "none" | undefined;
  /** Null: now. `when_prepaid_ends`: when the customer no longer holds a prepaid licence for the product; now, if it holds none (R14). */
  readonly startsAt: Instant | "when_prepaid_ends" | null;
  /** Null: continuous. */
  readonly term: TermOrder | null;
  readonly metadata: Metadata;
};

export type CreateRefusal =
  | TrialRefusal
  | { readonly code: "starts_in_past"; readonly now: Instant }
  | ConfigurationRefusal
  | PrepaidRefusal;

/**
 * Creates a subscription that is in service at once, or from `startsAt` on (R4).
 *
 * Refusals: `trial_not_offered`, `trial_exceeds_limit`, `starts_in_past`, `product_unknown`, `product_not_priced`,
 * `quantity_out_of_range`, `prepaid_licence_held`.
 */
export function createSubscription(
  order: CreateOrder,
  context: Context,
  at: Instant,
): Decision<CreateRefusal> {
  const { terms } = context;
  const { product, quantity } = order;
  const trialOffer = chooseTrial(order.trial, terms);
  if (trialOffer !== null && "code" in trialOffer) return refuse(trialOffer);
  const startsAt =
    order.startsAt === "when_prepaid_ends"
      ? whenPrepaidEnds(product, context, at)
      : (order.startsAt ?? at);
  if (startsAt < at) return refuse({ code: "starts_in_past", now: at });

  const created: ScheduledSubscription = {
    id: order.id,
    customer: order.customer,
    externalId: order.externalId,
    product,
    quantity,
    activationCode: order.activationCode,
    startsAt,
    trialOffer,
    trial: null,
    period: null,
    paidSince: null,
    startsAgain: false,
    scheduledChange: null,
    cancellation: null,
    term: order.term === null ? null : beginTerm(order.term),
    metadata: order.metadata,
    createdAt: at,
    version: 1,
    sequence: 0,
    advancedTo: at,
    status: "scheduled",
  };
  const { activated, types } = activate({ ...created, advancedTo: startsAt }, terms);
  const refusal =
    refuseConfiguration({ product, quantity }, priceDayOf(activated, terms), context) ??
    refusePrepaid(product, startsAt, context);
  if (refusal !== null) return refuse(refusal);
  if (startsAt > at) return accept(recordCreation(created, ["subscription.created"]));
  return accept(
    recordCreation(occupyPeriod(activated, true, context), ["subscription.created", ...types]),
  );
}
