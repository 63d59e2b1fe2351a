import { formatInstant, type Instant } from "@evergate/core";
import type { PartnerReadWorld } from "../app/world.ts";
import { placeNewEvents } from "../events/place-events.ts";
import type { components } from "../generated/api.ts";
import { listProvisionings, type Receipt } from "../store/receipts.ts";
import type { WireSubscription } from "./to-wire.ts";

export type WireSubscriptionRead = components["schemas"]["SubscriptionRead"];
type WireProvisioning = components["schemas"]["Provisioning"];

/** Of several endpoints the worst decides: the provider is through when all of its systems are. */
const worstFirst = ["rejected", "overdue", "pending", "applied"] as const;

/**
 * Shows of subscriptions that have just been read whether the provider has caught up with them. Where nobody was ever
 * asked for receipts it looks nothing up.
 */
export async function showProvisioning(
  { db, partner, services }: Pick<PartnerReadWorld, "db" | "partner" | "services">,
  subscriptions: readonly WireSubscription[],
): Promise<WireSubscriptionRead[]> {
  if (!partner.expectsReceipts) return subscriptions.map(hideProvisioning);
  // What was read may come of an event that is yet to be handed out: nothing is shown as applied that nobody has got.
  await placeNewEvents(services.store, partner.id, services.now);
  const found = await listProvisionings(
    db,
    partner.id,
    subscriptions.map(({ id }) => id),
  );
  const deciding = new Map<string, Receipt>();
  for (const { subscription, receipt } of found) {
    const other = deciding.get(subscription);
    if (other === undefined || decidesBefore(receipt, other)) deciding.set(subscription, receipt);
  }
  return subscriptions.map((subscription) => {
    const one = deciding.get(subscription.id);
    return { ...subscription, provisioning: one === undefined ? null : toWire(one) };
  });
}

/** The same where nothing can be said of it. */
export function hideProvisioning(subscription: WireSubscription): WireSubscriptionRead {
  return { ...subscription, provisioning: null };
}

/** The worse one, and of the same status the one that has had it the longer. */
function decidesBefore(one: Receipt, other: Receipt): boolean {
  if (one.status === other.status) return sinceOf(one) < sinceOf(other);
  return worstFirst.indexOf(one.status) < worstFirst.indexOf(other.status);
}

function sinceOf({ status, expectedAt, dueAt, answeredAt }: Receipt): Instant {
  if (status === "pending") return expectedAt;
  if (status === "overdue") return dueAt;
  return answeredAt ?? expectedAt;
}

function toWire(receipt: Receipt): WireProvisioning {
  return {
    status: receipt.status,
    event: receipt.event,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only a subscription's own events decide
    eventType: receipt.eventType as WireProvisioning["eventType"],
    endpoint: receipt.endpoint,
    since: formatInstant(sinceOf(receipt)),
    detail: receipt.detail,
  };
}
