/**
 * What a replay looks at: windows over an endpoint's deliveries, and over the events that it may never have had.
 * Each statement reads one table by one key, so that no planner can go wrong about it, however old its statistics are.
 */
import { toInstant, type Instant } from "@evergate/core";
import { sql, type Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import type { Range } from "../webhooks/replay/ranges.ts";
import type { PlacedEvent } from "./events.ts";
import type { WebhookDeliveryTable } from "./schema.ts";
import type { Reader } from "./store.ts";

export type DeliveryStatus = "pending" | "delivered" | "failed";

/** A delivery as a replay sees it. */
export interface QueuedDelivery {
  readonly sequence: number;
  readonly event: string;
  readonly status: DeliveryStatus;
  readonly queuedAt: Instant;
}

/** Deliveries that were given up, by their numbers: those after `after` and up to `last`. */
export async function listFailedDeliveries(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  after: number,
  last: number,
  limit: number,
): Promise<readonly QueuedDelivery[]> {
  // SQLite uses the index over these rows only where it sees the word, and has all that is asked for in it. Otherwise it
  // reads every delivery, of which a million may have been taken.
  const rows = await db
    .selectFrom("webhook_deliveries")
    .select("sequence")
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("status", "=", sql.lit("failed"))
    .where("sequence", ">", after)
    .where("sequence", "<=", last)
    .orderBy("sequence")
    .limit(limit)
    .execute();
  const numbers = rows.map(({ sequence }): Range => [sequence, sequence]);
  return listDeliveriesIn(db, partner, endpoint, numbers, limit);
}

/** The deliveries whose numbers are in the ranges, which ascend; the first `limit` of them. */
export async function listDeliveriesIn(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  ranges: readonly Range[],
  limit: number,
): Promise<readonly QueuedDelivery[]> {
  const found: QueuedDelivery[] = [];
  for (const part of splitRanges(ranges)) {
    if (found.length === limit) break;
    const query = selectDeliveries(db, partner, endpoint);
    const rows = await (
      "numbers" in part
        ? query.where("sequence", "in", part.numbers)
        : query.where("sequence", ">=", part.range[0]).where("sequence", "<=", part.range[1])
    )
      .orderBy("sequence")
      .limit(limit - found.length)
      .execute();
    found.push(...rows.map(toQueuedDelivery));
  }
  return found;
}

/** So many single numbers are asked for in one statement; a wider range is asked for by its ends. */
const maximumNumbers = 500;

function* splitRanges(
  ranges: readonly Range[],
): Generator<{ readonly numbers: readonly number[] } | { readonly range: Range }> {
  let numbers: number[] = [];
  for (const range of ranges) {
    const [from, to] = range;
    const width = to - from + 1;
    if (numbers.length > 0 && numbers.length + width > maximumNumbers) {
      yield { numbers };
      numbers = [];
    }
    if (width > maximumNumbers) yield { range };
    else for (let number = from; number <= to; number++) numbers.push(number);
  }
  if (numbers.length > 0) yield { numbers };
}

/** The deliveries of an event, by endpoint; of an endpoint that never had it there is none. */
export async function mapDeliveriesOf(
  db: Reader,
  partner: PartnerId,
  event: string,
): Promise<ReadonlyMap<string, QueuedDelivery>> {
  const rows = await db
    .selectFrom("webhook_deliveries")
    .select(["endpoint", "sequence", "event", "status", "queued_at"])
    .where("partner", "=", partner)
    .where("event", "=", event)
    .execute();
  return new Map(rows.map((row) => [row.endpoint, toQueuedDelivery(row)]));
}

/** The types of events, by their ids. */
export async function mapEventTypes(
  db: Reader,
  partner: PartnerId,
  events: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (events.length === 0) return new Map();
  const rows = await db
    .selectFrom("event_places")
    .select(["event", "type"])
    .where("partner", "=", partner)
    .where("event", "in", events)
    .execute();
  return new Map(rows.map(({ event, type }) => [event, type]));
}

/** An event in its place, and how it stands with one endpoint; null where that never had it, or it is known no more. */
export interface OfferedEvent extends PlacedEvent {
  readonly delivery: QueuedDelivery | null;
}

/** The partner's events in their total order: those whose places are after `after` and up to `last`. */
export async function listOfferedEvents(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  after: number,
  last: number,
  limit: number,
): Promise<readonly OfferedEvent[]> {
  const events = await db
    .selectFrom("event_places")
    .select(["event as id", "type", "subscription", "sequence", "subject", "position"])
    .$narrowType<{ position: number }>()
    .where("partner", "=", partner)
    .where("position", ">", after)
    .where("position", "<=", last)
    .orderBy("position")
    .limit(limit)
    .execute();
  if (events.length === 0) return [];
  const deliveries = await selectDeliveries(db, partner, endpoint)
    .where(
      "event",
      "in",
      events.map(({ id }) => id),
    )
    .execute();
  const deliveryOf = new Map(deliveries.map((row) => [row.event, toQueuedDelivery(row)]));
  return events.map(({ id, type, subscription, sequence, subject, position }) => ({
    id,
    type,
    subscription,
    sequence,
    subject,
    position,
    delivery: deliveryOf.get(id) ?? null,
  }));
}

/** One event in its place; undefined where it is not the partner's, or has no place yet. */
export async function findPlacedEvent(
  db: Reader,
  partner: PartnerId,
  id: string,
): Promise<PlacedEvent | undefined> {
  const row = await db
    .selectFrom("event_places")
    .select(["event as id", "type", "subscription", "sequence", "subject", "position"])
    .where("partner", "=", partner)
    .where("event", "=", id)
    .executeTakeFirst();
  return row === undefined || row.position === null
    ? undefined
    : { ...row, position: row.position };
}

/** The place of the partner's last event, of those up to `last`, that was handed to the endpoints before an instant; 0 for none. */
export async function findPlaceBefore(
  db: Reader,
  partner: PartnerId,
  at: Instant,
  last: number,
): Promise<number> {
  // Places have no gaps, and their instants grow with them: of a million, some 20 are looked at.
  let before = 0;
  let behind = last + 1;
  while (before + 1 < behind) {
    const middle = Math.floor((before + behind) / 2);
    const { placed_at: placedAt } = await db
      .selectFrom("event_places")
      .select("placed_at")
      .where("partner", "=", partner)
      .where("position", "=", middle)
      .executeTakeFirstOrThrow();
    if (placedAt !== null && placedAt < at) before = middle;
    else behind = middle;
  }
  return before;
}

/** Whether at least `count` deliveries of the endpoint are pending. */
export async function hasPendingDeliveries(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  count: number,
): Promise<boolean> {
  const row = await db
    .selectFrom("webhook_deliveries")
    .select("lane")
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("status", "=", sql.lit("pending"))
    .limit(1)
    .offset(count - 1)
    .executeTakeFirst();
  return row !== undefined;
}

function selectDeliveries(db: Reader, partner: PartnerId, endpoint: string) {
  return db
    .selectFrom("webhook_deliveries")
    .select(["sequence", "event", "status", "queued_at"])
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint);
}

function toQueuedDelivery(
  row: Pick<Selectable<WebhookDeliveryTable>, "sequence" | "event" | "status" | "queued_at">,
): QueuedDelivery {
  return {
    sequence: row.sequence,
    event: row.event,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row was written with one of these words
    status: row.status as DeliveryStatus,
    queuedAt: toInstant(row.queued_at),
  };
}
