import type { Decision, ProductId } from "@evergate/core";
import type { Refused } from "../app/problem.ts";
import type { PartnerReadWorld, PartnerWriteWorld } from "../app/world.ts";
import type { components } from "../generated/api.ts";
import { refuseSubscription, type SubscriptionRefusal } from "./describe-refusal.ts";
import {
  answerSubscription,
  findSubject,
  loadSubject,
  lockCustomerOf,
  saveSubject,
  type Subject,
} from "./load-subject.ts";
import { previewPeriods } from "./preview-periods.ts";
import { toWireSubscription, type WireSubscription } from "./to-wire.ts";

/** What deciding may look at. */
export type DecisionWorld = Pick<PartnerReadWorld, "db" | "partner" | "at">;

/** An order as it was read. Carrying it out and previewing it decide by this and nothing else, so they can't differ. */
export interface Order {
  readonly subscription: string;
  /** Products that it names, by id. */
  readonly named?: readonly ProductId[];
  /** A beginning still to come has to be made with the customer locked (R14). */
  readonly locksCustomer?: boolean;
  readonly decide: (
    subject: Subject,
    world: DecisionWorld,
  ) => Decision<SubscriptionRefusal> | Promise<Decision<SubscriptionRefusal>>;
}

/** Loads, decides, refuses, saves and answers. */
export async function carryOut(
  { subscription, named, locksCustomer, decide }: Order,
  world: PartnerWriteWorld,
  action: string,
): Promise<{ status: 200; body: WireSubscription; headers: Record<string, string> } | Refused> {
  if (locksCustomer === true) await lockCustomerOf(world, subscription);
  const subject = await loadSubject(world, subscription, named);
  const decision = await decide(subject, { ...world, db: world.tx });
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  await saveSubject(world, subject, decision, action);
  return { status: 200, ...answerSubscription(world, decision.subscription) };
}

/** Loads, decides and refuses the same, saves nothing, and answers what would come of it. The entity tag is that of now. */
export async function preview(
  { subscription, named, decide }: Order,
  world: PartnerReadWorld,
): Promise<
  { status: 200; body: components["schemas"]["Preview"]; headers: Record<string, string> } | Refused
> {
  const { partner } = world;
  const subject = await findSubject(world, subscription, named ?? []);
  const decision = await decide(subject, world);
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  return {
    status: 200,
    body: {
      subscription: toWireSubscription(decision.subscription, partner.terms),
      currency: partner.terms.currency,
      periods: await previewPeriods(world, subject, decision.subscription),
    },
    headers: { etag: `"${subject.subscription.version}"` },
  };
}
