import { toInstant, type Instant } from "@evergate/core";
import { sql, type Selectable, type SelectQueryBuilder } from "kysely";
import type { PartnerId } from "../ids.ts";
import { givenRows } from "./given-rows.ts";
import { mergeNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { Database, WebhookAttemptTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";
import type { NextStep } from "./webhook-deliveries.ts";
import { listEndpointIds } from "./webhook-endpoints.ts";
import { never, restUntil, waitUntil } from "./waits.ts";

/** An attempt that has been made. */
export interface NewAttempt {
  readonly id: string;
  readonly partner: PartnerId;
  readonly endpoint: string;
  readonly event: string;
  /** The how-manieth it was since the event was queued, from 1. */
  readonly number: number;
  readonly attemptedAt: Instant;
  readonly durationMs: number;
  readonly responseStatus: number | null;
  /** The beginning of what the endpoint answered. */
  readonly responseExcerpt: string | null;
  /** The address that was connected to. */
  readonly address: string | null;
  /** Why it failed; null where it succeeded. */
  readonly error: string | null;
}

/** An attempt of which is known what became of its delivery. */
export interface DecidedAttempt extends NewAttempt {
  /** The delivery's number at its endpoint. */
  readonly sequence: number;
  readonly next: NextStep;
}

/**
 * Stores attempts, once however often it is asked to, but for those of endpoints that have been deleted meanwhile. What
 * becomes of their deliveries is stored before: one that was to be given up, but has been given all its attempts again
 * meanwhile, is not given up.
 */
export async function insertAttempts(
  tx: Transaction,
  dialect: Dialect,
  attempts: readonly DecidedAttempt[],
): Promise<void> {
  const made = givenRows(
    dialect,
    attempts.map((attempt) => [
      attempt.partner,
      attempt.endpoint,
      attempt.id,
      attempt.event,
      attempt.number,
      attempt.attemptedAt,
      attempt.durationMs,
      attempt.error === null ? "succeeded" : "failed",
      attempt.responseStatus,
      attempt.responseExcerpt,
      attempt.address,
      attempt.error,
      attempt.sequence,
      attempt.next.status,
    ]),
    [
      "text",
      "text",
      "text",
      "text",
      "bigint",
      "bigint",
      "bigint",
      "text",
      "bigint",
      "text",
      "text",
      "text",
      "bigint",
      "text",
    ],
  );
  await sql`
    insert into webhook_attempts (partner, endpoint, id, event, number, attempted_at, duration_ms, outcome, response_status, response_excerpt, address, error, is_given_up)
    select c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11,
      case when c13 = 'failed' and exists (
        select 1 from webhook_deliveries as delivery
        where delivery.partner = made.c0 and delivery.endpoint = made.c1 and delivery.sequence = made.c12 and delivery.status = 'failed')
        then 1 else 0 end
    from ${made} as made ${sql.raw(dialect === "sqlite" ? "cross join" : "join")} webhook_endpoints as endpoint
      on endpoint.partner = made.c0 and endpoint.id = made.c1 and endpoint.deleted_at is null
    where true on conflict do nothing`.execute(tx);
}

/** One attempt to deliver an event, as it is listed. */
export interface WebhookAttempt {
  readonly id: string;
  readonly endpoint: string;
  readonly event: string;
  readonly eventType: string;
  readonly number: number;
  readonly hasSucceeded: boolean;
  readonly responseStatus: number | null;
  readonly responseExcerpt: string | null;
  readonly error: string | null;
  /** The address that was connected to. */
  readonly address: string | null;
  readonly durationMs: number;
  readonly attemptedAt: Instant;
  /** When the event is tried again; null where no attempt is to follow this one, and while the endpoint is off. */
  readonly nextAttemptAt: Instant | null;
  /** It was the event's last, which failed as well. */
  readonly isGivenUp: boolean;
}

/** Which attempts are listed. */
export interface AttemptFilter extends PageRequest {
  readonly status?: "succeeded" | "failed" | undefined;
  readonly event?: string | undefined;
}

/** A page of the attempts made to an endpoint, newest first. */
export async function listEndpointAttempts(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  filter: AttemptFilter,
  now: Instant,
): Promise<Page<WebhookAttempt>> {
  if (filter.event !== undefined)
    return listPage(
      db,
      partner,
      [selectOfEvent(db, partner, filter.event, [endpoint])],
      filter,
      now,
    );
  // The key has an endpoint's successes and its failures apart, each newest first.
  const outcomes = filter.status === undefined ? ["failed", "succeeded"] : [filter.status];
  const queries = outcomes.map((outcome) =>
    db
      .selectFrom("webhook_attempts")
      .selectAll()
      .where("partner", "=", partner)
      .where("endpoint", "=", endpoint)
      .where("outcome", "=", outcome),
  );
  return listPage(db, partner, queries, filter, now);
}

/** A page of the attempts to deliver an event, to whichever endpoint, newest first. */
export async function listEventAttempts(
  db: Reader,
  partner: PartnerId,
  event: string,
  filter: Omit<AttemptFilter, "event">,
  now: Instant,
): Promise<Page<WebhookAttempt>> {
  const endpoints = await listEndpointIds(db, partner);
  return listPage(db, partner, [selectOfEvent(db, partner, event, endpoints)], filter, now);
}

type AttemptRow = Selectable<WebhookAttemptTable>;
type AttemptQuery = SelectQueryBuilder<Database, "webhook_attempts", AttemptRow>;

/** Of one event there are few: its endpoints times their tries. */
function selectOfEvent(
  db: Reader,
  partner: PartnerId,
  event: string,
  endpoints: readonly string[],
): AttemptQuery {
  return (
    db
      .selectFrom("webhook_attempts")
      .selectAll()
      .where("partner", "=", partner)
      .where("event", "=", event)
      // Added to nothing, the column leads SQLite into no other index. Without an endpoint there is no attempt.
      .where(sql`endpoint || ''`, "in", [...endpoints, ""])
  );
}

async function listPage(
  db: Reader,
  partner: PartnerId,
  queries: readonly AttemptQuery[],
  filter: AttemptFilter,
  now: Instant,
): Promise<Page<WebhookAttempt>> {
  const { status } = filter;
  const page = await mergeNewestFirst(
    status === undefined ? queries : queries.map((query) => query.where("outcome", "=", status)),
    "attempt",
    filter,
    (row) => row,
  );
  const events = [...new Set(page.data.map((row) => row.event))];
  if (events.length === 0) return { ...page, data: [] };
  const types = await db
    .selectFrom("events")
    .select(["id", "type"])
    .where("partner", "=", partner)
    .where("id", "in", events)
    .execute();
  const typeOf = new Map(types.map(({ id, type }) => [id, type]));
  const nextOf = await findNextAttempts(db, partner, events, now);
  return {
    ...page,
    data: page.data.map((row) =>
      toAttempt(row, typeOf.get(row.event) ?? "", nextOf.get(row.id) ?? null),
    ),
  };
}

/** When the deliveries of some events are tried again, by the newest attempt of each: the one which another follows. */
async function findNextAttempts(
  db: Reader,
  partner: PartnerId,
  events: readonly string[],
  now: Instant,
): Promise<ReadonlyMap<string, Instant>> {
  const pending = await db
    .selectFrom("webhook_deliveries as delivery")
    .innerJoin("webhook_queues as queue", (join) =>
      join
        .onRef("queue.partner", "=", "delivery.partner")
        .onRef("queue.endpoint", "=", "delivery.endpoint"),
    )
    .innerJoin("webhook_endpoints as endpoint", (join) =>
      join
        .onRef("endpoint.partner", "=", "delivery.partner")
        .onRef("endpoint.id", "=", "delivery.endpoint"),
    )
    .select(["delivery.event", "delivery.endpoint", "delivery.next_attempt_at", "queue.resumes_at"])
    .where("delivery.partner", "=", partner)
    .where("delivery.event", "in", events)
    .where("delivery.status", "=", "pending")
    .where("delivery.attempt_count", ">", 0)
    .where("endpoint.is_enabled", "=", 1)
    .where("endpoint.deleted_at", "is", null)
    .execute();
  if (pending.length === 0) return new Map();
  const newest = await db
    .selectFrom("webhook_attempts")
    .select(["event", "endpoint", (select) => select.fn.max("id").as("id")])
    .where("partner", "=", partner)
    .where("event", "in", [...new Set(pending.map(({ event }) => event))])
    .groupBy(["event", "endpoint"])
    .execute();
  const newestOf = new Map(newest.map((row) => [`${row.event}/${row.endpoint}`, row.id]));
  return new Map(
    pending.flatMap(({ event, endpoint, next_attempt_at, resumes_at }) => {
      const id = newestOf.get(`${event}/${endpoint}`);
      if (id === undefined || resumes_at === never) return [];
      const at = waitUntil(toInstant(next_attempt_at), now);
      const restsUntil = resumes_at === null ? null : restUntil(toInstant(resumes_at), now);
      return [[id, toInstant(Math.max(at, restsUntil ?? 0))] as const];
    }),
  );
}

function toAttempt(
  row: AttemptRow,
  eventType: string,
  nextAttemptAt: Instant | null,
): WebhookAttempt {
  return {
    id: row.id,
    endpoint: row.endpoint,
    event: row.event,
    eventType,
    number: row.number,
    hasSucceeded: row.outcome === "succeeded",
    responseStatus: row.response_status,
    responseExcerpt: row.response_excerpt,
    error: row.error,
    address: row.address,
    durationMs: row.duration_ms,
    attemptedAt: toInstant(row.attempted_at),
    nextAttemptAt,
    isGivenUp: row.is_given_up === 1,
  };
}
