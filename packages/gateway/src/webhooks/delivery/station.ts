import { toInstant, type Instant } from "@evergate/core";
import { isDue, waitUntil } from "../../store/waits.ts";
import type { WaitingDelivery } from "../../store/webhook-windows.ts";

/**
 * The part of an endpoint's queue that is in memory, with the order that is kept: of a lane only the lowest number goes
 * out, and the next once that is accepted or given up; lanes don't wait for each other. With `isStrict` the whole
 * queue is one lane. What can't go out yet is not held: it is read again when its turn comes.
 */
export interface Station {
  /** Up to this number everything that had not been tried has been looked at. */
  readonly cursor: number;
  /** How many deliveries are in memory, in flight or not. */
  readonly size: number;
  readonly inFlight: number;
  /** How many could go out now. */
  readonly ready: number;
  /** When the first of those is due that failed before and are not in memory; null: there is none. */
  readonly nextRetryAt: Instant | null;
  /** Lanes whose next delivery has to be read. */
  readonly openLanes: ReadonlySet<string>;
  /** Whether deliveries that have not been tried can be taken in. */
  readonly takesFresh: boolean;
  /** Takes in what `listFresh` found above the cursor up to `upTo`. */
  addFresh(rows: readonly WaitingDelivery[], upTo: number): void;
  /** Takes in what `listRetries` found with that limit. */
  addRetries(rows: readonly WaitingDelivery[], limit: number, now: Instant): void;
  /** Takes in what `listLane` found of an open lane, up to the cursor, with that limit. */
  addLane(lane: string, rows: readonly WaitingDelivery[], limit: number, now: Instant): void;
  /** The next to go out, which is in flight from then on. First attempts go before retries, but never take every place from them. */
  take(): WaitingDelivery | undefined;
  /** It is through: accepted, or given up. */
  settle(delivery: WaitingDelivery): void;
  /** It failed and is tried again at that time. */
  postpone(delivery: WaitingDelivery, until: Instant, now: Instant): void;
  /** Everything may have changed: forgets what is not in flight, and begins anew above `after`. */
  restart(after: number, nextRetryAt: Instant | null): void;
}

interface Lane {
  readonly waiting: WaitingDelivery[];
  /** There may be more of it, below the cursor, that is not in memory. */
  hasMore: boolean;
}

/** Of so many places one is for a retry, where one waits. */
const placesPerRetry = 4;

export function createStation(
  isStrict: boolean,
  after: number,
  firstRetryAt: Instant | null,
): Station {
  const known = new Set<number>();
  const flying = new Map<number, WaitingDelivery>();
  const lanes = new Map<string, Lane>();
  const fresh = createLine();
  const retries = createLine();
  const openLanes = new Set<string>();
  let cursor = after;
  let nextRetryAt = firstRetryAt;
  /** Finished deliveries were made pending again, so that lower numbers may come after higher ones. */
  let isMixed = false;
  let freshInARow = 0;

  const laneOf = (delivery: WaitingDelivery): string => (isStrict ? "" : delivery.lane);

  function begin(delivery: WaitingDelivery, hasMore: boolean): void {
    known.add(delivery.sequence);
    lanes.set(laneOf(delivery), { waiting: [], hasMore });
    line(delivery).add(delivery);
  }

  function line(delivery: WaitingDelivery): Line {
    return delivery.attemptCount === 0 ? fresh : retries;
  }

  function follow(lane: Lane, delivery: WaitingDelivery): void {
    known.add(delivery.sequence);
    const index = lane.waiting.findLastIndex(({ sequence }) => sequence < delivery.sequence);
    lane.waiting.splice(index + 1, 0, delivery);
  }

  function forget(deliveries: readonly WaitingDelivery[]): void {
    for (const { sequence } of deliveries) known.delete(sequence);
  }

  /** What is due though it lies far ahead must not be hidden by what comes sooner. */
  function retryAt(at: Instant, now: Instant): void {
    const next = waitUntil(at, now);
    nextRetryAt = toInstant(Math.min(next, waitUntil(nextRetryAt ?? next, now)));
  }

  /** Has a lane read from its beginning before anything of it goes out. */
  function open(name: string): void {
    lanes.set(name, { waiting: [], hasMore: true });
    openLanes.add(name);
  }

  function land(delivery: WaitingDelivery): void {
    flying.delete(delivery.sequence);
    known.delete(delivery.sequence);
  }

  return {
    get cursor() {
      return cursor;
    },
    get size() {
      return known.size;
    },
    get inFlight() {
      return flying.size;
    },
    get ready() {
      return fresh.size + retries.size;
    },
    get nextRetryAt() {
      return nextRetryAt;
    },
    openLanes,
    get takesFresh() {
      // In strict order everything waits for what failed before.
      return !(isStrict && (nextRetryAt !== null || retries.size > 0));
    },
    addFresh(rows, upTo) {
      for (const row of rows) {
        if (known.has(row.sequence)) continue;
        const lane = lanes.get(laneOf(row));
        if (lane !== undefined) {
          if (!lane.hasMore) follow(lane, row);
        } else if (isStrict || row.head === row.sequence) begin(row, isMixed && !isStrict);
      }
      cursor = Math.max(cursor, upTo);
    },
    addRetries(rows, limit, now) {
      nextRetryAt = null;
      for (const row of rows) {
        if (known.has(row.sequence)) continue;
        if (!isDue(row.nextAttemptAt, now)) {
          retryAt(row.nextAttemptAt, now);
          break;
        }
        const lane = lanes.get(laneOf(row));
        if (lane !== undefined) {
          if (isStrict) {
            retryAt(row.nextAttemptAt, now);
            break;
          }
          forget(lane.waiting.splice(0));
          lane.hasMore = true;
        } else if (isStrict || row.head === row.sequence) begin(row, !isStrict);
        // Something lower of its lane was made pending again and goes first.
        else {
          isMixed = true;
          open(laneOf(row));
        }
      }
      if (rows.length === limit) retryAt(rows.at(-1)?.nextAttemptAt ?? now, now);
    },
    addLane(name, rows, limit, now) {
      openLanes.delete(name);
      lanes.delete(name);
      const [head, ...rest] = rows.filter(({ sequence }) => !known.has(sequence));
      if (head === undefined) return;
      if (head.attemptCount > 0 && !isDue(head.nextAttemptAt, now))
        return retryAt(head.nextAttemptAt, now);
      const stop = rest.findIndex(({ attemptCount }) => attemptCount > 0);
      begin(head, rows.length === limit || stop >= 0 || isMixed);
      const lane = lanes.get(name);
      if (lane !== undefined)
        for (const row of stop < 0 ? rest : rest.slice(0, stop)) follow(lane, row);
    },
    take() {
      const wantsRetry =
        retries.size > 0 && (fresh.size === 0 || freshInARow >= placesPerRetry - 1);
      const delivery = wantsRetry ? retries.take() : fresh.take();
      if (delivery === undefined) return undefined;
      freshInARow = wantsRetry ? 0 : freshInARow + 1;
      flying.set(delivery.sequence, delivery);
      return delivery;
    },
    settle(delivery) {
      land(delivery);
      const name = laneOf(delivery);
      const lane = lanes.get(name);
      if (lane === undefined) return;
      const next = lane.waiting.shift();
      if (next !== undefined) line(next).add(next);
      else if (lane.hasMore) openLanes.add(name);
      else lanes.delete(name);
    },
    postpone(delivery, until, now) {
      land(delivery);
      retryAt(until, now);
      const name = laneOf(delivery);
      const behind = lanes.get(name)?.waiting ?? [];
      forget(behind);
      // Something lower may have been made pending again while it was in flight, and need not wait for its next attempt.
      if (isMixed && !isStrict) open(name);
      else lanes.delete(name);
      if (isStrict) {
        const all = [...behind, ...fresh.clear()];
        forget(all);
        cursor = Math.min(cursor, delivery.sequence, ...all.map(({ sequence }) => sequence - 1));
      }
    },
    restart(from, retriesFrom) {
      isMixed = true;
      forget([...fresh.clear(), ...retries.clear()]);
      openLanes.clear();
      for (const { waiting } of lanes.values()) forget(waiting);
      lanes.clear();
      // A lane whose head is in flight goes on with what is read then.
      for (const delivery of flying.values())
        lanes.set(laneOf(delivery), { waiting: [], hasMore: !isStrict });
      cursor = from;
      nextRetryAt = retriesFrom;
    },
  };
}

/** Deliveries that could go out, the lowest number first. */
interface Line {
  readonly size: number;
  add(delivery: WaitingDelivery): void;
  take(): WaitingDelivery | undefined;
  clear(): readonly WaitingDelivery[];
}

function createLine(): Line {
  const deliveries: WaitingDelivery[] = [];
  return {
    get size() {
      return deliveries.length;
    },
    add(delivery) {
      const index = deliveries.findLastIndex(({ sequence }) => sequence < delivery.sequence);
      deliveries.splice(index + 1, 0, delivery);
    },
    take: () => deliveries.shift(),
    clear: () => deliveries.splice(0),
  };
}
