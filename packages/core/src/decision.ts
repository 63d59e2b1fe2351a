import type { Instant } from "./calendar.ts";
import type { Charge } from "./charge.ts";
import type { Subscription } from "./subscription/state.ts";

/** The events of a subscription (R27). */
export type FactType =
  | "subscription.created"
  | "subscription.activated"
  | "subscription.trial_started"
  | "subscription.trial_will_end"
  | "subscription.trial_ended"
  | "subscription.quantity_changed"
  | "subscription.product_changed"
  | "subscription.change_scheduled"
  | "subscription.change_withdrawn"
  | "subscription.pause_scheduled"
  | "subscription.pause_withdrawn"
  | "subscription.paused"
  | "subscription.resumed"
  | "subscription.renewed"
  | "subscription.cancellation_scheduled"
  | "subscription.cancellation_withdrawn"
  | "subscription.canceled"
  | "subscription.expired"
  | "subscription.reactivated"
  | "subscription.updated"
  | "charge.created";

/**
 * Something that happened to a subscription, dated with the instant at which it was due (R3).
 * Facts of one transition (product and quantity changed at once) share `before` and `after`,
 * but for `after.sequence`, which is the fact's own.
 */
export type Fact = {
  readonly type: FactType;
  readonly at: Instant;
  /** 1, 2, 3 … without a gap (R27). */
  readonly sequence: number;
  /** Null where the subscription did not exist. */
  readonly before: Subscription | null;
  readonly after: Subscription;
  /** Of `charge.created` only. */
  readonly charge: Charge | null;
};

/** Where a subscription has come to, and what happened on the way. */
export type Progress = { readonly subscription: Subscription; readonly facts: readonly Fact[] };

export type Accepted = { readonly accepted: true } & Progress;
export type Refused<Refusal> = { readonly accepted: false; readonly refusal: Refusal };

/** What a command comes to. The facts include those of the clock up to the command's instant (R2). */
export type Decision<Refusal> = Accepted | Refused<Refusal>;

export function accept(progress: Progress): Accepted {
  return { accepted: true, subscription: progress.subscription, facts: progress.facts };
}

export function refuse<Refusal>(refusal: Refusal): Refused<Refusal> {
  return { accepted: false, refusal };
}

/**
 * Adds one transition of a step: it leads to `after`, and each of `types` announces it with a number of its own.
 * The first of a step makes a new version of the subscription, which the others share.
 */
export function record(
  progress: Progress,
  after: Subscription,
  types: readonly FactType[],
  charge: Charge | null = null,
): Progress {
  const version = progress.facts.length === 0 ? after.version + 1 : after.version;
  return recordFrom(progress.subscription, progress, { ...after, version }, types, charge);
}

/** Adds the transition that a command makes, which is a new version of the subscription. */
export function recordCommand(
  progress: Progress,
  after: Subscription,
  types: readonly FactType[],
): Progress {
  const version = progress.subscription.version + 1;
  return recordFrom(progress.subscription, progress, { ...after, version }, types, null);
}

/** The first transition of all: nothing was before. */
export function recordCreation(after: Subscription, types: readonly FactType[]): Progress {
  return recordFrom(null, { subscription: after, facts: [] }, after, types, null);
}

function recordFrom(
  before: Subscription | null,
  progress: Progress,
  after: Subscription,
  types: readonly FactType[],
  charge: Charge | null,
): Progress {
  const facts = [...progress.facts];
  let { sequence } = progress.subscription;
  let subscription = after;
  for (const type of types) {
    sequence += 1;
    subscription = { ...after, sequence };
    facts.push({ type, at: after.advancedTo, sequence, before, after: subscription, charge });
  }
  return { subscription, facts };
}

/** Lets the last transition's facts show `after` as well, which followed from it without an event of its own. */
export function amend(progress: Progress, after: Subscription): Progress {
  const last = progress.facts.at(-1);
  if (last === undefined) return { subscription: after, facts: progress.facts };
  const facts = progress.facts.map((fact) =>
    fact.before === last.before ? { ...fact, after: { ...after, sequence: fact.sequence } } : fact,
  );
  return { subscription: { ...after, sequence: last.sequence }, facts };
}
