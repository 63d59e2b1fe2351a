import { toInstant, type Instant } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import {
  hasUnplacedEvents,
  limitLockWaits,
  listUnplacedEvents,
  listUnplacedEventsOf,
  lockEventPosition,
  placeEvents,
  type UnplacedEvent,
} from "../store/events.ts";
import type { Dialect, Store, Transaction } from "../store/store.ts";
import { listReceivingEndpoints } from "../store/webhook-endpoints.ts";
import { fanOut } from "../webhooks/delivery/fan-out.ts";

/** So many events get their places in one transaction, and fewer where many endpoints are to hear of them. */
const maximumEvents = 500;

/** So many of them are placed by the very command that stored them. */
const fewEvents = 32;

/** About so many deliveries are made in one transaction: on SQLite every other writer waits for its end. */
const maximumDeliveries = 2_000;

/**
 * Gives the partner's new events their places in its total order, and hands each to the endpoints that want it.
 *
 * This is a step of its own because commits don't happen in the order of ids or times: an order given in the
 * request would either skip what commits late, or make every write of a partner wait for the one before.
 * Any number of processes may call it at once; they take turns. Answers how many events it placed. With `patienceMs` it
 * waits no longer for the locks of others, on PostgreSQL, and fails.
 */
export async function placeNewEvents(
  store: Store,
  partner: PartnerId,
  now: () => Instant,
  patienceMs: number | null = null,
): Promise<number> {
  let count = 0;
  for (;;) {
    // Most who ask find nothing to do; they need not wait for the lock.
    if (!(await hasUnplacedEvents(store.reader, partner))) return count;
    const placed = await store.transaction(async (tx) => {
      if (patienceMs !== null) await limitLockWaits(tx, store.dialect, patienceMs);
      return placeChunk(tx, store.dialect, partner, now());
    });
    count += placed.count;
    if (!placed.isMoreWaiting) return count;
  }
}

/**
 * The same inside the transaction of whoever holds the partner alone. Nobody else's events are on their way then,
 * so that what the clockwork does gets its places in the order in which it was due, whatever process did it.
 */
export async function placeAllEvents(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  now: Instant,
): Promise<void> {
  while ((await placeChunk(tx, dialect, partner, now)).isMoreWaiting);
}

/**
 * On SQLite, which has one writer, a command's transaction holds up nobody by placing what it has stored, and what comes
 * after its commit, a second commit among it, is saved. What is more than a few waits for a transaction of its own.
 */
export async function placeWithCommand(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  now: Instant,
): Promise<void> {
  if (dialect === "sqlite") await placeChunk(tx, dialect, partner, now, fewEvents);
}

async function placeChunk(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  now: Instant,
  most = maximumEvents,
): Promise<{ readonly count: number; readonly isMoreWaiting: boolean }> {
  const { lastPosition: last, lastPlacedAt } = await lockEventPosition(tx, dialect, partner);
  const waiting = await listUnplacedEvents(tx, partner, most);
  if (waiting.length === 0) return { count: 0, isMoreWaiting: false };
  const endpoints = await listReceivingEndpoints(tx, partner);
  // With a receipt, a delivery is as much to write as three.
  const weight = endpoints.reduce((sum, { receipts }) => sum + (receipts === null ? 1 : 3), 0);
  const chunk = waiting.slice(0, Math.ceil(maximumDeliveries / Math.max(weight, 1)));
  const isMoreWaiting = waiting.length === most || chunk.length < waiting.length;
  // What an event of the chunk must follow may have a later id, beyond a full chunk's end.
  const events = inOrder(
    isMoreWaiting ? [...chunk, ...(await listOvertaken(tx, partner, chunk))] : chunk,
  );
  const placedEvents = events.map((event, index) => ({ ...event, position: last + index + 1 }));
  await placeEvents(tx, partner, placedEvents, {
    lastPosition: last + events.length,
    // Clocks differ and go back; the order of instants is kept all the same.
    lastPlacedAt: toInstant(Math.max(now, lastPlacedAt)),
  });
  await fanOut(tx, partner, endpoints, placedEvents, now);
  return { count: events.length, isMoreWaiting };
}

/** The events without a place that are not in the chunk, though a later one of their subscription is. */
async function listOvertaken(
  tx: Transaction,
  partner: PartnerId,
  chunk: readonly UnplacedEvent[],
): Promise<UnplacedEvent[]> {
  const known = new Set(chunk.map(({ id }) => id));
  const lastOf = new Map<string, number>();
  for (const { subscription, sequence } of chunk)
    if (subscription !== null)
      lastOf.set(subscription, Math.max(sequence ?? 0, lastOf.get(subscription) ?? 0));
  const others = await listUnplacedEventsOf(tx, partner, [...lastOf.keys()]);
  return others.filter(
    ({ id, subscription, sequence }) =>
      !known.has(id) && (sequence ?? 0) < (lastOf.get(subscription ?? "") ?? 0),
  );
}

/**
 * Ids follow the clocks of the processes that made them, which may differ. The events of one subscription know their
 * order better: they are laid, in it, into the places that ids have given to them together.
 */
function inOrder(events: readonly UnplacedEvent[]): UnplacedEvent[] {
  const bySubscription = new Map<string, UnplacedEvent[]>();
  for (const event of events) {
    if (event.subscription === null) continue;
    const own = bySubscription.get(event.subscription) ?? [];
    own.push(event);
    bySubscription.set(event.subscription, own);
  }
  for (const own of bySubscription.values())
    own.sort((one, other) => (other.sequence ?? 0) - (one.sequence ?? 0));
  return events.map((event) =>
    event.subscription === null ? event : (bySubscription.get(event.subscription)?.pop() ?? event),
  );
}
