import {
  explainState,
  finishExplanation,
  startExplanation,
  toProductId,
  type Context,
  type Explanation,
  type Subscription,
} from "@evergate/core";
import type { PartnerReadWorld } from "../app/world.ts";
import { isClockChange } from "../store/audit-log.ts";
import type { StoredCharge } from "../store/charges.ts";
import { streamEntries } from "../store/subject-entries.ts";
import { loadContext } from "../subscriptions/load-context.ts";
import { findOrder, toSubscriptionEntry, type SubscriptionEntry } from "./find-order.ts";

/** As many as the contract says. */
const configurationsShown = 100;

export type ToldCharge = Explanation<SubscriptionEntry> & {
  /** By whom each of the configurations was ordered, in their order. */
  readonly orders: readonly SubscriptionEntry[];
};

/**
 * Tells from the record how a period came to its charge (R15–R19, R26). Nothing is taken from the charge but its period.
 * Throws an Error where the two don't agree: then one of them was changed by other hands, and no explanation is right.
 */
export async function tellCharge(
  world: Pick<PartnerReadWorld, "db" | "partner">,
  subscription: Subscription,
  charge: StoredCharge,
): Promise<ToldCharge> {
  const { db, partner } = world;
  let context: Context = await loadContext(db, partner, []);
  const tally = startExplanation<SubscriptionEntry>(
    charge.period,
    subscription,
    context,
    configurationsShown,
  );
  const span = { from: tally.startsAt, to: tally.endsAt };
  const products = new Set<Subscription["product"]>();
  for await (const batch of streamEntries(db, partner.id, subscription.id, span)) {
    const entries = batch.map(toSubscriptionEntry).toSorted(compareOrder);
    for (const { after } of entries) products.add(toProductId(after.product));
    context = await loadContext(db, partner, [], [...products]);
    for (const entry of entries) {
      const { status, product, quantity } = entry.after;
      explainState(
        tally,
        {
          at: entry.at,
          by: isClockChange(entry) ? "clock" : "command",
          status,
          product: toProductId(product),
          quantity,
          source: entry,
        },
        context,
      );
    }
  }
  const told = finishExplanation(tally, context);
  if (told === null || !isSame(told.charge, charge))
    throw new Error(`The record of ${subscription.id} comes to another charge than ${charge.id}.`);
  return { ...told, orders: await findOrders(world, told) };
}

/** What happened at one instant comes in the subscription's own order. */
function compareOrder(one: SubscriptionEntry, other: SubscriptionEntry): number {
  return one.at - other.at || one.after.version - other.after.version;
}

function isSame(told: Explanation<unknown>["charge"], charge: StoredCharge): boolean {
  return (
    told.product === charge.product &&
    told.price === charge.price &&
    told.quantity === charge.quantity &&
    told.unitPrice === charge.unitPrice &&
    told.days?.charged === charge.days?.charged &&
    told.days?.of === charge.days?.of
  );
}

async function findOrders(
  { db, partner }: Pick<PartnerReadWorld, "db" | "partner">,
  { configurations, configurationCount }: Explanation<SubscriptionEntry>,
): Promise<readonly SubscriptionEntry[]> {
  const orders: SubscriptionEntry[] = [];
  for (const [index, { product, quantity, source }] of configurations.entries()) {
    const previous = configurations[index - 1];
    const order = orders.at(-1);
    // Of those that are left out before the last one, any may have ordered something else.
    const isNext =
      index < configurations.length - 1 || configurationCount === configurations.length;
    const goesOn = previous?.product === product && previous.quantity === quantity && isNext;
    orders.push(goesOn && order !== undefined ? order : await findOrder(db, partner.id, source));
  }
  return orders;
}
