import type { Instant } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { hasUnplacedEvents, listUnplacedEvents, lockEventPosition, placeEvents } from "../store/events.ts";
import type { Dialect, Store, Transaction } from "../store/store.ts";
import { fanOut } from "../webhooks/fan-out.ts";

const chunkSize = 500;

/**
 * Gives the partner's new events their places in its total order, and hands each to the endpoints that want it.
 *
 * This is a step of its own because commits don't happen in the order of ids or times: an order given in the
 * request would either skip what commits late, or make every write of a partner wait for the one before.
 * Any number of processes may call it at once; they take turns. Answers how many events it placed.
 */
export async function placeNewEvents(store: Store, partner: PartnerId, now: () => Instant): Promise<number> {
  let count = 0;
  for (;;) {
    // Most who ask find nothing to do; they need not wait for the lock.
    if (!(await hasUnplacedEvents(store.reader, partner))) return count;
    const placed = await store.transaction((tx) => placeChunk(tx, store.dialect, partner, now()));
    count += placed;
    if (placed < chunkSize) return count;
  }
}

/**
 * The same inside the transaction of whoever holds the partner alone. Nobody else's events are on their way then,
 * so that what the clockwork does gets its places in the order in which it was due, whatever process did it.
 */
export async function placeAllEvents(tx: Transaction, dialect: Dialect, partner: PartnerId, now: Instant): Promise<void> {
  while ((await placeChunk(tx, dialect, partner, now)) === chunkSize);
}

async function placeChunk(tx: Transaction, dialect: Dialect, partner: PartnerId, now: Instant): Promise<number> {
  const last = await lockEventPosition(tx, dialect, partner);
  const events = inOrder(await listUnplacedEvents(tx, partner, chunkSize));
  if (events.length === 0) return 0;
  const placedEvents = events.map((event, index) => ({ ...event, position: last + index + 1 }));
  await placeEvents(tx, partner, placedEvents, last + events.length);
  await fanOut(tx, partner, placedEvents, now);
  return events.length;
}

/**
 * Ids follow the clocks of the processes that made them, which may differ. The events of one subscription know their
 * order better: they are laid, in it, into the places that ids have given to them together.
 */
function inOrder<E extends { readonly subscription: string | null; readonly sequence: number | null }>(events: readonly E[]): E[] {
  const bySubscription = new Map<string, E[]>();
  for (const event of events) {
    if (event.subscription === null) continue;
    const own = bySubscription.get(event.subscription) ?? [];
    own.push(event);
    bySubscription.set(event.subscription, own);
  }
  for (const own of bySubscription.values()) own.sort((one, other) => (other.sequence ?? 0) - (one.sequence ?? 0));
  return events.map((event) => (event.subscription === null ? event : (bySubscription.get(event.subscription)?.pop() ?? event)));
}
