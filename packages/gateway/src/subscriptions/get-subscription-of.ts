import type { Subscription } from "@evergate/core";
import { ProblemError } from "../app/problem.ts";
import type { PartnerReadWorld } from "../app/world.ts";
import { findSubscription } from "../store/subscriptions.ts";

/** The partner's subscription by id or `ext:…`. Throws `not_found`, also for another partner's. */
export async function getSubscriptionOf(
  { db, partner }: Pick<PartnerReadWorld, "db" | "partner">,
  reference: string,
): Promise<Subscription> {
  const subscription = await findSubscription(db, partner.id, reference);
  if (subscription === undefined)
    throw new ProblemError("not_found", `You have no subscription ${reference}.`);
  return subscription;
}
