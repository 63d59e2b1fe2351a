import type { ActivationCode } from "../activation-code.ts";
import type { OpenPeriod } from "../billing-period.ts";
import type { Instant, LocalDate } from "../calendar.ts";
import type { CustomerId, ProductId, SubscriptionId } from "../ids.ts";
import type { Term } from "../term.ts";
import type { TrialLength } from "../terms.ts";
import type { TrialWindow } from "../trial.ts";

/** What is licensed just now (R7, R8). */
export type Configuration = { readonly product: ProductId; readonly quantity: number };

/** What R29 will change at the end of the period or trial; null: this slot is empty. Never both null. */
export type ScheduledChange = {
  readonly product: ProductId | null;
  readonly quantity: number | null;
  readonly effectiveAt: Instant;
};

/** A stop that has not taken effect (R11). */
export type Cancellation = {
  readonly effectiveAt: Instant;
  readonly requestedAt: Instant;
  /** The date that was asked for: the stop waits for the end of the period that contains it. */
  readonly throughOn: LocalDate | null;
};

/** A pause that runs or is still to come; a null end is open (xSP only, R9). */
export type Pause = { readonly startsAt: Instant; readonly resumesAt: Instant | null };

export type Metadata = Readonly<Record<string, string>>;

/** What every subscription has, whatever its status. */
export type SubscriptionBase = Configuration & {
  readonly id: SubscriptionId;
  readonly customer: CustomerId;
  readonly externalId: string | null;
  readonly activationCode: ActivationCode;
  /** When service first begins, or began. */
  readonly startsAt: Instant;
  /** The trial that the first activation grants; null: none (R6). */
  readonly trialOffer: TrialLength | null;
  /** The window granted; null before the first activation, or without an offer. */
  readonly trial: TrialWindow | null;
  /** The billing period that will be charged at its end (R16); null where none has begun. */
  readonly period: OpenPeriod | null;
  /** The local day on which paid service first began (R18). */
  readonly paidSince: LocalDate | null;
  /** It was stopped and taken up again before anything was paid: a start still to come is no first one (R12, R18). */
  readonly startsAgain: boolean;
  readonly scheduledChange: ScheduledChange | null;
  readonly cancellation: Cancellation | null;
  readonly term: Term | null;
  readonly metadata: Metadata;
  readonly createdAt: Instant;
  /** Grows by one with every step and every command that changed something. */
  readonly version: number;
  /** The number of its last event (R27). */
  readonly sequence: number;
  /** All that was due until here, this instant included, has been carried out (R2). */
  readonly advancedTo: Instant;
};

export type ScheduledSubscription = SubscriptionBase & { readonly status: "scheduled" };
/** In service; its `pause` is one still to come. */
export type ServedSubscription = SubscriptionBase & {
  readonly status: "trialing" | "active";
  readonly pause: Pause | null;
};
export type PausedSubscription = SubscriptionBase & {
  readonly status: "paused";
  readonly pause: Pause;
};
export type StoppedSubscription = SubscriptionBase & {
  readonly status: "canceled" | "expired";
  readonly stoppedAt: Instant;
};

/** R4. */
export type Subscription =
  | ScheduledSubscription
  | ServedSubscription
  | PausedSubscription
  | StoppedSubscription;
export type SubscriptionStatus = Subscription["status"];

/** R4's "in service", a coming cancellation included. */
export function isInService(subscription: Subscription): subscription is ServedSubscription {
  return subscription.status === "trialing" || subscription.status === "active";
}

export function isStopped(subscription: Subscription): subscription is StoppedSubscription {
  return subscription.status === "canceled" || subscription.status === "expired";
}

/** True where service is still to begin for the first time, false where it waits to be taken up again (R12, R14). */
export function isFirstStart({ status, paidSince, startsAgain }: Subscription): boolean {
  return status === "scheduled" && paidSince === null && !startsAgain;
}

/** True where the trial window has been granted and is not over, whatever the status (R6). */
export function isTrialRunning<S extends SubscriptionBase>(
  subscription: S,
): subscription is S & { readonly trial: TrialWindow } {
  return subscription.trial !== null && subscription.advancedTo < subscription.trial.endsAt;
}

/** What all statuses share, so that nothing of an old status stays behind in a new one. */
export function baseOf(subscription: Subscription): SubscriptionBase {
  return {
    id: subscription.id,
    customer: subscription.customer,
    externalId: subscription.externalId,
    product: subscription.product,
    quantity: subscription.quantity,
    activationCode: subscription.activationCode,
    startsAt: subscription.startsAt,
    trialOffer: subscription.trialOffer,
    trial: subscription.trial,
    period: subscription.period,
    paidSince: subscription.paidSince,
    startsAgain: subscription.startsAgain,
    scheduledChange: subscription.scheduledChange,
    cancellation: subscription.cancellation,
    term: subscription.term,
    metadata: subscription.metadata,
    createdAt: subscription.createdAt,
    version: subscription.version,
    sequence: subscription.sequence,
    advancedTo: subscription.advancedTo,
  };
}
