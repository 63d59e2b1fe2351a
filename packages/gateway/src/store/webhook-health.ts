import { toInstant, type Instant } from "@evergate/core";
import { sql } from "kysely";
import type { PartnerId } from "../ids.ts";
import type { Reader } from "./store.ts";
import { never, restUntil, waitUntil } from "./waits.ts";

/** How an endpoint fares, as it is stored. */
export interface EndpointHealth {
  readonly failingSince: Instant | null;
  readonly disabledAt: Instant | null;
  readonly disabledReason: "failing" | "gone" | null;
  /** Null where it does not rest, and where it rests until somebody wakes it. */
  readonly restsUntil: Instant | null;
  readonly lastSuccessAt: Instant | null;
  readonly lastFailureAt: Instant | null;
  /** Why the newest failed attempt failed; null where it is well, or that is not kept any more. */
  readonly lastError: string | null;
  /** When the first of the deliveries that failed is tried again, or a disabled endpoint is tried at all. */
  readonly nextAttemptAt: Instant | null;
  /** How many deliveries wait, counted up to {@link mostCounted}. */
  readonly pending: number;
  readonly oldestPendingAt: Instant | null;
  readonly lastSequence: number;
}

/** Whoever has more waiting wants to know that it is many, not how many. */
export const mostCounted = 1_000;

/** How each of these endpoints fares. */
export async function listHealth(
  db: Reader,
  partner: PartnerId,
  endpoints: readonly string[],
  now: Instant,
): Promise<ReadonlyMap<string, EndpointHealth>> {
  if (endpoints.length === 0) return new Map();
  const rows = await db
    .selectFrom("webhook_queues as queue")
    .selectAll("queue")
    .select([
      sql<number>`(select count(*) from (select 1 from webhook_deliveries as delivery
        where delivery.partner = queue.partner and delivery.endpoint = queue.endpoint and delivery.status = 'pending'
        limit ${mostCounted}) as waiting)`.as("pending"),
      sql<number | null>`(select min(first.queued_at) from (
        select queued_at from (select queued_at from webhook_deliveries as delivery
          where delivery.partner = queue.partner and delivery.endpoint = queue.endpoint
            and delivery.status = 'pending' and delivery.attempt_count = 0
          order by delivery.sequence limit 1) as fresh
        union all
        select queued_at from (select queued_at from webhook_deliveries as delivery
          where delivery.partner = queue.partner and delivery.endpoint = queue.endpoint
            and delivery.status = 'pending' and delivery.attempt_count > 0
          order by delivery.next_attempt_at limit 1) as retry) as first)`.as("oldest_pending_at"),
      sql<
        string | null
      >`case when queue.failing_since is not null or queue.disabled_at is not null then (
        select attempt.error from webhook_attempts as attempt
        where attempt.partner = queue.partner and attempt.endpoint = queue.endpoint and attempt.outcome = 'failed'
        order by attempt.id desc limit 1) end`.as("last_error"),
      sql<number | null>`(select delivery.next_attempt_at from webhook_deliveries as delivery
        where delivery.partner = queue.partner and delivery.endpoint = queue.endpoint
          and delivery.status = 'pending' and delivery.attempt_count > 0
        order by delivery.next_attempt_at limit 1)`.as("next_retry_at"),
    ])
    .where("queue.partner", "=", partner)
    .where("queue.endpoint", "in", endpoints)
    .execute();
  return new Map(
    rows.map((row) => [
      row.endpoint,
      {
        failingSince: toInstantOrNull(row.failing_since),
        disabledAt: toInstantOrNull(row.disabled_at),
        disabledReason: readReason(row.disabled_at === null ? null : row.disabled_reason),
        restsUntil:
          row.resumes_at === never ? null : restUntil(toInstantOrNull(row.resumes_at), now),
        lastSuccessAt: toInstantOrNull(row.last_success_at),
        lastFailureAt: toInstantOrNull(row.last_failure_at),
        lastError: row.last_error,
        nextAttemptAt: findNextAttempt(row, now),
        pending: row.pending,
        oldestPendingAt: toInstantOrNull(row.oldest_pending_at),
        lastSequence: row.last_sequence,
      },
    ]),
  );
}

function findNextAttempt(
  row: {
    readonly pending: number;
    readonly disabled_at: number | null;
    readonly resumes_at: number | null;
    readonly next_retry_at: number | null;
  },
  now: Instant,
): Instant | null {
  if (row.pending === 0 || row.resumes_at === never) return null;
  const at = toInstantOrNull(row.disabled_at === null ? row.next_retry_at : row.resumes_at);
  if (at === null) return null;
  const restsUntil = restUntil(toInstantOrNull(row.resumes_at), now);
  return toInstant(Math.max(waitUntil(at, now), restsUntil ?? 0));
}

function readReason(reason: string | null): EndpointHealth["disabledReason"] {
  if (reason === null) return null;
  return reason === "gone" ? "gone" : "failing";
}

function toInstantOrNull(value: number | null): Instant | null {
  return value === null ? null : toInstant(value);
}
