/** What the server of an endpoint reads of its queue: a window at a time, so that memory is bounded whatever waits. */
import { toInstant, type Instant } from "@evergate/core";
import { sql, type RawBuilder } from "kysely";
import type { PartnerId } from "../ids.ts";
import { givenRows } from "./given-rows.ts";
import type { Dialect, Reader } from "./store.ts";
import { isAstraySql, latestWait } from "./waits.ts";
import type { QueueKey } from "./webhook-leases.ts";

/** A delivery as it waits. */
export interface WaitingDelivery {
  readonly partner: PartnerId;
  readonly endpoint: string;
  readonly sequence: number;
  readonly event: string;
  readonly lane: string;
  /** How many attempts have been made. */
  readonly attemptCount: number;
  readonly nextAttemptAt: Instant;
  /** The event's stored text. */
  readonly payload: string;
  /** The very text to send, where it is not the event's with the `delivery` object put in. */
  readonly body: string | null;
  /** The lowest number that is pending in its lane: its own, where it is its turn. */
  readonly head: number;
}

/** A part of a queue: numbers above `after`, up to `upTo`. */
export interface Range extends QueueKey {
  readonly after: number;
  readonly upTo: number;
}

interface Row {
  partner: PartnerId;
  endpoint: string;
  sequence: number;
  event: string;
  lane: string;
  attempt_count: number;
  next_attempt_at: number;
  payload: string;
  body: string | null;
  head: number;
}

const columns = sql`delivery.partner, delivery.endpoint, delivery.sequence, delivery.event, delivery.lane,
  delivery.attempt_count, delivery.next_attempt_at, delivery.body,
  (select event.payload from events as event
    where event.partner = delivery.partner and event.id = delivery.event) as payload,
  (select min(first.sequence) from webhook_deliveries as first
    where first.partner = delivery.partner and first.endpoint = delivery.endpoint and first.lane = delivery.lane
      and first.status = 'pending') as head`;

const isFreshInRange = sql`delivery.partner = wanted.c0 and delivery.endpoint = wanted.c1
  and delivery.status = 'pending' and delivery.attempt_count = 0
  and delivery.sequence > wanted.c2 and delivery.sequence <= wanted.c3`;

/**
 * Each part is read by its range of the index. SQLite joins in the order given where the join is a cross one. PostgreSQL
 * would read all that is pending once it believes that to be little, as it does of a backlog that has just come about.
 */
function joinRanges(dialect: Dialect): RawBuilder<unknown> {
  return dialect === "sqlite"
    ? sql`cross join webhook_deliveries as delivery on ${isFreshInRange}`
    : sql`cross join lateral (select * from webhook_deliveries as delivery
        where ${isFreshInRange} order by delivery.sequence limit (wanted.c3 - wanted.c2)) as delivery`;
}

/** Deliveries in the given parts of queues that no attempt has been made of, in their order. */
export async function listFresh(
  db: Reader,
  dialect: Dialect,
  ranges: readonly Range[],
): Promise<readonly WaitingDelivery[]> {
  const wanted = givenRows(
    dialect,
    ranges.map(({ partner, endpoint, after, upTo }) => [partner, endpoint, after, upTo]),
    ["text", "text", "bigint", "bigint"],
  );
  const { rows } = await sql<Row>`
    select ${columns} from ${wanted} as wanted ${joinRanges(dialect)}
    order by delivery.partner, delivery.endpoint, delivery.sequence`.execute(db);
  return rows.map(toWaiting);
}

/** The first number above `after` that no attempt has been made of; null: there is none. */
export async function findFresh(
  db: Reader,
  { partner, endpoint }: QueueKey,
  after: number,
): Promise<number | null> {
  const { rows } = await sql<{ sequence: number | null }>`
    select min(sequence) as sequence from webhook_deliveries
    where partner = ${partner} and endpoint = ${endpoint} and status = 'pending' and attempt_count = 0
      and sequence > ${after}`.execute(db);
  return rows[0]?.sequence ?? null;
}

/**
 * The deliveries of an endpoint that wait for another attempt, those due first first, whether due yet or not. What a
 * clock that was wrong has put off counts as due, and would else stand behind all others.
 */
export async function listRetries(
  db: Reader,
  { partner, endpoint }: QueueKey,
  limit: number,
  now: Instant,
): Promise<readonly WaitingDelivery[]> {
  const retries = (isWanted: RawBuilder<unknown>) => sql`
    select * from (
      select * from webhook_deliveries
      where partner = ${partner} and endpoint = ${endpoint} and status = 'pending' and attempt_count > 0 and ${isWanted}
      order by next_attempt_at, sequence limit ${limit}
    ) as retry`;
  const isAstray = isAstraySql("next_attempt_at", now);
  const { rows } = await sql<Row>`
    select ${columns} from (
      ${retries(isAstray)} union all ${retries(sql`next_attempt_at <= ${latestWait(now)}`)}
    ) as delivery
    order by case when ${isAstray} then 0 else 1 end, next_attempt_at, sequence limit ${limit}`.execute(
    db,
  );
  return rows.map(toWaiting);
}

/** What waits in one lane, up to a number, in its order. */
export async function listLane(
  db: Reader,
  { partner, endpoint }: QueueKey,
  lane: string,
  upTo: number,
  limit: number,
): Promise<readonly WaitingDelivery[]> {
  const { rows } = await sql<Row>`
    select ${columns} from webhook_deliveries as delivery
    where delivery.partner = ${partner} and delivery.endpoint = ${endpoint} and delivery.lane = ${lane}
      and delivery.status = 'pending' and delivery.sequence <= ${upTo}
    order by delivery.sequence limit ${limit}`.execute(db);
  return rows.map(toWaiting);
}

function toWaiting(row: Row): WaitingDelivery {
  return {
    partner: row.partner,
    endpoint: row.endpoint,
    sequence: row.sequence,
    event: row.event,
    lane: row.lane,
    attemptCount: row.attempt_count,
    nextAttemptAt: toInstant(row.next_attempt_at),
    payload: row.payload,
    body: row.body,
    head: row.head,
  };
}
