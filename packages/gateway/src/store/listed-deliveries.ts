/**
 * The deliveries of an endpoint as they are listed. Each statement reads one table by one key, so that a page costs what
 * it shows, however many others there are and however old a planner's statistics.
 */
import { toInstant, type Instant } from "@evergate/core";
import { sql, type RawBuilder } from "kysely";
import type { PartnerId } from "../ids.ts";
import { givenRows } from "./given-rows.ts";
import { limitOf, UnknownCursorError, type Page, type PageRequest } from "./page.ts";
import type { DeliveryStatus } from "./replayed-deliveries.ts";
import type { Dialect, Reader } from "./store.ts";
import type { WebhookEndpoint } from "./webhook-endpoints.ts";

export interface ListedDelivery {
  readonly sequence: number;
  readonly event: string;
  readonly eventType: string;
  readonly subscription: string | null;
  readonly status: DeliveryStatus;
  /** How many attempts have been made since it was put on its way. */
  readonly attemptCount: number;
  readonly queuedAt: Instant;
  readonly finishedAt: Instant | null;
  readonly nextAttemptAt: Instant;
  /** The event that goes out before it; null where it is its turn, or it is not pending. */
  readonly behind: string | null;
}

export interface DeliveryFilter extends PageRequest {
  readonly status?: DeliveryStatus | undefined;
  /** Oldest first, where it says nothing. */
  readonly order?: "oldest_first" | "newest_first" | undefined;
}

/** No index knows of what was taken, as it would cost every delivery: a page looks at so many numbers, in milliseconds. */
const mostLookedAt = 10_000;

/** A page of an endpoint's deliveries by their numbers. Throws {@link UnknownCursorError} for another endpoint's cursor. */
export async function listDeliveries(
  db: Reader,
  dialect: Dialect,
  partner: PartnerId,
  endpoint: Pick<WebhookEndpoint, "id" | "ordering">,
  filter: DeliveryFilter,
): Promise<Page<ListedDelivery>> {
  const walk = startWalk(partner, endpoint.id, filter);
  const { numbers, next } =
    filter.status === "delivered"
      ? await findDelivered(db, walk, limitOf(filter))
      : await findNumbers(db, walk, limitOf(filter), filter.status);
  const rows = await readRows(db, dialect, walk, numbers);
  const typeOf = await mapEvents(
    db,
    partner,
    rows.map(({ event }) => event),
  );
  const front =
    endpoint.ordering === "fifo" && rows.some(({ status }) => status === "pending")
      ? await findFront(db, walk)
      : null;
  return {
    data: rows
      // One that was taken, or made pending again, since its number was found belongs on another list.
      .filter(({ status }) => filter.status === undefined || status === filter.status)
      .map((row) => toListed(row, typeOf.get(row.event), endpoint.ordering, front)),
    nextCursor: next === null ? null : encodeCursor(endpoint.id, next),
  };
}

/** A way over an endpoint's numbers, from a place on. */
interface Walk {
  readonly partner: PartnerId;
  readonly endpoint: string;
  readonly isOfEndpoint: RawBuilder<unknown>;
  readonly isAhead: RawBuilder<unknown>;
  readonly byNumber: RawBuilder<unknown>;
  readonly isDescending: boolean;
}

function startWalk(partner: PartnerId, endpoint: string, filter: DeliveryFilter): Walk {
  const isDescending = filter.order === "newest_first";
  const start = isDescending ? Number.MAX_SAFE_INTEGER : 0;
  const after = filter.after === undefined ? start : decodeCursor(filter.after, endpoint);
  return {
    partner,
    endpoint,
    isOfEndpoint: sql`partner = ${partner} and endpoint = ${endpoint}`,
    isAhead: isDescending ? sql`sequence < ${after}` : sql`sequence > ${after}`,
    byNumber: isDescending ? sql`order by sequence desc` : sql`order by sequence`,
    isDescending,
  };
}

/** The numbers of a page, in its order, and the one after which the next page begins. */
interface Numbers {
  readonly numbers: readonly number[];
  readonly next: number | null;
}

/** What waits stands in two indexes, each by its numbers: what was not tried yet, and what was. */
const parts = {
  all: [sql`1 = 1`],
  pending: [
    sql`status = 'pending' and attempt_count = 0`,
    sql`status = 'pending' and attempt_count > 0`,
  ],
  failed: [sql`status = 'failed'`],
} as const;

async function findNumbers(
  db: Reader,
  { isOfEndpoint, isAhead, byNumber, isDescending }: Walk,
  limit: number,
  status: "pending" | "failed" | undefined,
): Promise<Numbers> {
  const found: number[] = [];
  // SQLite takes an index over some rows only where it has all that is asked for in it: the numbers, and nothing else.
  for (const which of parts[status ?? "all"]) {
    const { rows } = await sql<{ sequence: number }>`
      select sequence from webhook_deliveries where ${isOfEndpoint} and ${which} and ${isAhead}
      ${byNumber} limit ${limit + 1}`.execute(db);
    found.push(...rows.map(({ sequence }) => sequence));
  }
  found.sort((one, other) => (isDescending ? other - one : one - other));
  const numbers = found.slice(0, limit);
  return { numbers, next: found.length > limit ? (numbers.at(-1) ?? null) : null };
}

async function findDelivered(
  db: Reader,
  { isOfEndpoint, isAhead, byNumber }: Walk,
  limit: number,
): Promise<Numbers> {
  const { rows: found } = await sql<{ sequence: number }>`
    select sequence from (select sequence, status from webhook_deliveries where ${isOfEndpoint} and ${isAhead}
      ${byNumber} limit ${mostLookedAt}) as looked_at
    where status = 'delivered' ${byNumber} limit ${limit + 1}`.execute(db);
  const numbers = found.slice(0, limit).map(({ sequence }) => sequence);
  if (found.length > limit) return { numbers, next: numbers.at(-1) ?? null };
  const { rows: ends } = await sql<{ sequence: number }>`
    select sequence from webhook_deliveries where ${isOfEndpoint} and ${isAhead}
    ${byNumber} limit 1 offset ${mostLookedAt - 1}`.execute(db);
  return { numbers, next: ends[0]?.sequence ?? null };
}

interface Row {
  readonly sequence: number;
  readonly event: string;
  readonly status: DeliveryStatus;
  readonly attempt_count: number;
  readonly queued_at: number;
  readonly finished_at: number | null;
  readonly next_attempt_at: number;
  /** The event that is next in its lane: its own, where it is its turn; null where it is not pending. */
  readonly lane_front: string | null;
}

/** Each is found by its key. Asked for as a list, PostgreSQL might read all that the endpoint has, as it does before it has counted. */
async function readRows(
  db: Reader,
  dialect: Dialect,
  { partner, endpoint, byNumber }: Walk,
  numbers: readonly number[],
): Promise<readonly Row[]> {
  if (numbers.length === 0) return [];
  const wanted = givenRows(
    dialect,
    numbers.map((number) => [number]),
    ["bigint"],
  );
  const isWanted = sql`partner = ${partner} and endpoint = ${endpoint} and sequence = wanted.c0`;
  const { rows } = await sql<Row>`
    select sequence, event, status, attempt_count, queued_at, finished_at, next_attempt_at,
      case when status = 'pending' then (select front.event from webhook_deliveries as front
        where front.partner = delivery.partner and front.endpoint = delivery.endpoint and front.sequence = (
          select min(first.sequence) from webhook_deliveries as first
          where first.partner = delivery.partner and first.endpoint = delivery.endpoint and first.lane = delivery.lane
            and first.status = 'pending')) end as lane_front
    from ${wanted} as wanted cross join ${
      dialect === "sqlite"
        ? sql`webhook_deliveries as delivery on ${isWanted}`
        : sql`lateral (select * from webhook_deliveries where ${isWanted} limit 1) as delivery`
    }
    ${byNumber}`.execute(db);
  return rows;
}

/**
 * The event that everything waits for that an endpoint with one order for all has not been tried with: what failed is
 * tried again first, whatever its number, and until then nothing else is begun. Null: nothing waits.
 */
async function findFront(db: Reader, { isOfEndpoint }: Walk): Promise<string | null> {
  const { rows } = await sql<{ event: string | null }>`
    select coalesce(
      (select event from webhook_deliveries where ${isOfEndpoint} and status = 'pending' and attempt_count > 0
        order by next_attempt_at, sequence limit 1),
      (select event from webhook_deliveries where ${isOfEndpoint} and sequence = (
        select min(sequence) from webhook_deliveries where ${isOfEndpoint} and status = 'pending' and attempt_count = 0))
    ) as event`.execute(db);
  return rows[0]?.event ?? null;
}

interface EventFacts {
  readonly type: string;
  readonly subscription: string | null;
}

async function mapEvents(
  db: Reader,
  partner: PartnerId,
  events: readonly string[],
): Promise<ReadonlyMap<string, EventFacts>> {
  if (events.length === 0) return new Map();
  const rows = await db
    .selectFrom("event_places")
    .select(["event", "type", "subscription"])
    .where("partner", "=", partner)
    .where("event", "in", events)
    .execute();
  return new Map(rows.map(({ event, ...facts }) => [event, facts]));
}

function toListed(
  row: Row,
  facts: EventFacts | undefined,
  ordering: WebhookEndpoint["ordering"],
  front: string | null,
): ListedDelivery {
  // With one order for all, what failed is tried when its time has come, whatever waits beside it.
  const first = ordering === "subscription" ? row.lane_front : row.attempt_count > 0 ? null : front;
  return {
    sequence: row.sequence,
    event: row.event,
    eventType: facts?.type ?? "",
    subscription: facts?.subscription ?? null,
    status: row.status,
    attemptCount: row.attempt_count,
    queuedAt: toInstant(row.queued_at),
    finishedAt: row.finished_at === null ? null : toInstant(row.finished_at),
    nextAttemptAt: toInstant(row.next_attempt_at),
    behind: row.status !== "pending" || first === row.event ? null : first,
  };
}

/** Numbers mean something at their endpoint alone. */
function encodeCursor(endpoint: string, sequence: number): string {
  return Buffer.from(`${endpoint}.${sequence}`).toString("base64url");
}

function decodeCursor(cursor: string, endpoint: string): number {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const sequence = Number(/^wh_[0-9a-z]{26}\.([1-9]\d{0,15})$/.exec(text)?.[1]);
  if (!Number.isSafeInteger(sequence) || encodeCursor(endpoint, sequence) !== cursor)
    throw new UnknownCursorError("has to be the nextCursor of the page before");
  return sequence;
}
