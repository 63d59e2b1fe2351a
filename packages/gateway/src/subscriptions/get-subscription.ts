import { advance, formatInstant, nextDueAt, type Instant, type Subscription } from "@evergate/core";
import { refuse, refuseField } from "../app/problem.ts";
import { readInstant } from "../app/read-time.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import type { PartnerReadWorld } from "../app/world.ts";
import { findSubscriptionAsOf } from "../store/audit-log.ts";
import { getSubscriptionOf } from "./get-subscription-of.ts";
import { loadContext } from "./load-context.ts";
import { answerSubscription } from "./load-subject.ts";
import { hideProvisioning, showProvisioning } from "./show-provisioning.ts";
import { toWireSubscription, type WireSubscription } from "./to-wire.ts";

/** Reads one subscription, as it is now or as it was. */
export const getSubscription: PartnerReadRoom<"getSubscription"> = async (
  { path, query },
  world,
) => {
  const asOf = query.asOf === undefined ? null : readInstant(query.asOf, "/query/asOf");
  const subscription = await getSubscriptionOf(world, path.subscriptionId);
  if (asOf === null) {
    const { body, headers } = answerSubscription(world, subscription);
    const [read = hideProvisioning(body)] = await showProvisioning(world, [body]);
    return { status: 200, body: read, headers };
  }
  if (asOf > world.at)
    return refuseField(
      "time_not_reached",
      "/query/asOf",
      `It is ${formatInstant(world.at)} for this partner; nothing is known of ${formatInstant(asOf)}.`,
    );
  const then = await findAsOf(world, subscription, asOf);
  if (then === undefined)
    return refuse(
      "not_found",
      `There was no subscription ${subscription.id} at ${formatInstant(asOf)}: it was made at ${formatInstant(subscription.createdAt)}.`,
    );
  return { status: 200, body: hideProvisioning(then), headers: { etag: `"${then.version}"` } };
};

/** The record knows it, or, where the clock's work is behind, what the clock will do (R3). */
async function findAsOf(
  { db, partner }: PartnerReadWorld,
  subscription: Subscription,
  asOf: Instant,
): Promise<WireSubscription | undefined> {
  const dueAt = nextDueAt(subscription, partner.terms);
  if (dueAt === null || dueAt > asOf)
    return findSubscriptionAsOf<WireSubscription>(db, partner.id, subscription.id, asOf);
  const context = await loadContext(db, partner, [subscription]);
  return toWireSubscription(advance(subscription, asOf, context).subscription, partner.terms);
}
