/**
 * The table of deliveries is the queue. A delivery is pending until it has been delivered or given up;
 * claiming it moves `next_attempt_at` past the time-out, so that what a killed process had claimed comes again.
 */
import { toInstant, type Instant } from "@evergate/core";
import { sql } from "kysely";
import { makeId, toPartnerId, type PartnerId } from "../ids.ts";
import { isSignedByGateway } from "./webhook-endpoints.ts";
import { makeBody } from "../webhooks/delivery/make-body.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";
import { sealedSendingColumns, type SealedSending } from "./webhook-secrets.ts";

/** Written into the statement, not bound: SQLite uses an index over pending rows only where it sees the word. */
const pending = sql.lit("pending");

export interface EndpointKey {
  readonly partner: PartnerId;
  readonly endpoint: string;
}

/** Enabled endpoints that have deliveries due, in the order of their keys, beginning behind `after` and going round once. */
export async function listDueEndpoints(
  db: Reader,
  now: Instant,
  after: EndpointKey | null,
  limit: number,
): Promise<readonly EndpointKey[]> {
  const query = db
    .selectFrom("webhook_endpoints as endpoint")
    .select(["endpoint.partner", "endpoint.id"])
    .where("endpoint.is_enabled", "=", 1)
    .where((where) =>
      where.or([
        where("endpoint.is_challenged", "=", 0),
        where("endpoint.verified_at", "is not", null),
      ]),
    )
    .where(
      // Not "exists": PostgreSQL would be free to look through all that is due for the sake of a few endpoints.
      (where) =>
        where
          .selectFrom("webhook_deliveries as delivery")
          .select((select) => select.fn.min("delivery.next_attempt_at").as("due_at"))
          .whereRef("delivery.partner", "=", "endpoint.partner")
          .whereRef("delivery.endpoint", "=", "endpoint.id")
          .where("delivery.status", "=", pending),
      "<=",
      now,
    )
    .orderBy("endpoint.partner")
    .orderBy("endpoint.id")
    .limit(limit);
  const toKey = (row: { partner: string; id: string }): EndpointKey => ({
    partner: toPartnerId(row.partner),
    endpoint: row.id,
  });
  if (after === null) return (await query.execute()).map(toKey);
  const behind = await query
    .where(sql<boolean>`(endpoint.partner, endpoint.id) > (${after.partner}, ${after.endpoint})`)
    .execute();
  if (behind.length === limit) return behind.map(toKey);
  const before = await query
    .where(sql<boolean>`(endpoint.partner, endpoint.id) <= (${after.partner}, ${after.endpoint})`)
    .execute();
  return [...behind, ...before].slice(0, limit).map(toKey);
}

/** A delivery that this process may attempt until its lease ends. */
export interface ClaimedDelivery {
  readonly partner: PartnerId;
  readonly endpoint: string;
  readonly event: string;
  readonly lane: string;
  readonly sequence: number;
  /** The how-manieth attempt the coming one is, from 1. */
  readonly attemptNumber: number;
  readonly leaseEndsAt: Instant;
  readonly url: string;
  readonly sealed: SealedSending;
  readonly isSignedByGateway: boolean;
  readonly payload: string;
}

/**
 * Claims up to `limit` due deliveries of an endpoint; none where it has been switched off.
 *
 * The events of one subscription arrive in order: a delivery is not given out while an earlier one of the same
 * subscription is pending, be it in flight or waiting for its next attempt.
 */
export async function claimDeliveries(
  tx: Transaction,
  dialect: Dialect,
  key: EndpointKey,
  limit: number,
  now: Instant,
  leaseMs: number,
): Promise<readonly ClaimedDelivery[]> {
  // Each statement reads one table by one index, so that no planner can go wrong about it, however old its statistics are.
  const endpoint = await tx
    .selectFrom("webhook_endpoints")
    .select(["url", "signatures", ...sealedSendingColumns])
    .where("partner", "=", key.partner)
    .where("id", "=", key.endpoint)
    .where("is_enabled", "=", 1)
    .where((where) =>
      where.or([where("is_challenged", "=", 0), where("verified_at", "is not", null)]),
    )
    .executeTakeFirst();
  if (endpoint === undefined) return [];
  const query = tx
    .selectFrom("webhook_deliveries as delivery")
    .select([
      "delivery.event",
      "delivery.lane",
      "delivery.sequence",
      "delivery.attempt_count",
      "delivery.body",
    ])
    .where("delivery.partner", "=", key.partner)
    .where("delivery.endpoint", "=", key.endpoint)
    .where("delivery.status", "=", pending)
    .where("delivery.next_attempt_at", "<=", now)
    .where((where) =>
      where.or([
        where(
          "delivery.sequence",
          "=",
          where
            .selectFrom("webhook_deliveries as first")
            .select((select) => select.fn.min("first.sequence").as("sequence"))
            .where("first.partner", "=", key.partner)
            .where("first.endpoint", "=", key.endpoint)
            .whereRef("first.lane", "=", "delivery.lane")
            .where("first.status", "=", pending),
        ),
      ]),
    )
    .orderBy("delivery.next_attempt_at")
    .orderBy("delivery.sequence")
    .limit(limit);
  const rows = await (
    dialect === "postgres" ? query.forUpdate("delivery").skipLocked() : query
  ).execute();
  if (rows.length === 0) return [];
  const leaseEndsAt = toInstant(now + leaseMs);
  const events = rows.map((row) => row.event);
  await tx
    .updateTable("webhook_deliveries")
    .set({ next_attempt_at: leaseEndsAt })
    .where("partner", "=", key.partner)
    .where("endpoint", "=", key.endpoint)
    .where("event", "in", events)
    .execute();
  const payloads = await tx
    .selectFrom("events")
    .select(["id", "payload"])
    .where("partner", "=", key.partner)
    .where("id", "in", events)
    .execute();
  const payloadOf = new Map(payloads.map(({ id, payload }) => [id, payload]));
  return rows.flatMap((row) => {
    const payload = payloadOf.get(row.event);
    if (payload === undefined) return [];
    return {
      partner: key.partner,
      endpoint: key.endpoint,
      event: row.event,
      lane: row.lane,
      sequence: row.sequence,
      attemptNumber: row.attempt_count + 1,
      leaseEndsAt,
      url: endpoint.url,
      sealed: endpoint,
      isSignedByGateway: isSignedByGateway(endpoint.signatures),
      payload: row.body ?? makeBody(payload, key.endpoint, row.sequence),
    };
  });
}

/** What becomes of a delivery after an attempt. */
export type NextStep =
  | { readonly status: "delivered" }
  | { readonly status: "failed" }
  | { readonly status: "pending"; readonly at: Instant };

/** An attempt that has been made, and what follows from it. */
export interface FinishedAttempt {
  readonly delivery: ClaimedDelivery;
  readonly attemptedAt: Instant;
  readonly durationMs: number;
  readonly responseStatus: number | null;
  /** The beginning of what the endpoint answered. */
  readonly responseExcerpt: string | null;
  /** The address that was connected to. */
  readonly address: string | null;
  /** Why it failed; null where it succeeded. */
  readonly error: string | null;
  readonly next: NextStep;
  /** The endpoint has said that it is gone for good. */
  readonly isEndpointGone: boolean;
}

/**
 * Stores attempts and the next state of their deliveries. Answers those whose endpoints still exist;
 * of a deleted endpoint nothing is kept.
 */
export async function recordAttempts(
  tx: Transaction,
  dialect: Dialect,
  attempts: readonly FinishedAttempt[],
  now: Instant,
): Promise<readonly FinishedAttempt[]> {
  const kept = await keepExisting(tx, dialect, attempts);
  if (kept.length === 0) return [];
  await tx
    .insertInto("webhook_attempts")
    .values(
      kept.map((attempt) => ({
        partner: attempt.delivery.partner,
        endpoint: attempt.delivery.endpoint,
        id: makeId("attempt"),
        event: attempt.delivery.event,
        number: attempt.delivery.attemptNumber,
        attempted_at: attempt.attemptedAt,
        duration_ms: attempt.durationMs,
        outcome: attempt.error === null ? "succeeded" : "failed",
        response_status: attempt.responseStatus,
        response_excerpt: attempt.responseExcerpt,
        address: attempt.address,
        error: attempt.error,
      })),
    )
    .execute();
  for (const attempt of kept) await updateDelivery(tx, attempt, now);
  return kept;
}

/** Keeps the endpoints from being deleted meanwhile, in the order of their keys, so that two processes can't wait for each other. */
async function keepExisting(
  tx: Transaction,
  dialect: Dialect,
  attempts: readonly FinishedAttempt[],
): Promise<readonly FinishedAttempt[]> {
  const keys = new Map(
    attempts.map(({ delivery }) => [`${delivery.partner}/${delivery.endpoint}`, delivery]),
  );
  const existing = new Set<string>();
  for (const [key, { partner, endpoint }] of [...keys].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  )) {
    const query = tx
      .selectFrom("webhook_endpoints")
      .select("id")
      .where("partner", "=", partner)
      .where("id", "=", endpoint);
    const row = await (dialect === "postgres" ? query.forKeyShare() : query).executeTakeFirst();
    if (row !== undefined) existing.add(key);
  }
  return attempts.filter(({ delivery }) =>
    existing.has(`${delivery.partner}/${delivery.endpoint}`),
  );
}

async function updateDelivery(
  tx: Transaction,
  { delivery, next }: FinishedAttempt,
  now: Instant,
): Promise<void> {
  const update = tx
    .updateTable("webhook_deliveries")
    .set({
      status: next.status,
      attempt_count: delivery.attemptNumber,
      ...(next.status === "pending" ? { next_attempt_at: next.at } : {}),
    })
    .where("partner", "=", delivery.partner)
    .where("endpoint", "=", delivery.endpoint)
    .where("event", "=", delivery.event)
    .where("status", "=", pending);
  // Once the lease has ended, another process may have it: a success is final all the same, a failure is then the other's to judge.
  const { numUpdatedRows } = await (
    next.status === "delivered"
      ? update
      : update.where("next_attempt_at", "=", delivery.leaseEndsAt)
  ).executeTakeFirst();
  if (numUpdatedRows > 0n) await moveFollowers(tx, delivery, next, now);
}

/**
 * What waits behind a delivery of the same subscription waits as long as that does, and is due when it is through.
 * Without this, what an endpoint that is down can't have yet would be looked at with every claim.
 */
async function moveFollowers(
  tx: Transaction,
  delivery: ClaimedDelivery,
  next: NextStep,
  now: Instant,
): Promise<void> {
  const update = tx
    .updateTable("webhook_deliveries")
    .where("partner", "=", delivery.partner)
    .where("endpoint", "=", delivery.endpoint)
    .where("lane", "=", delivery.lane)
    .where("sequence", ">", delivery.sequence)
    .where("status", "=", pending);
  if (next.status === "pending")
    await update.set({ next_attempt_at: next.at }).where("next_attempt_at", "<", next.at).execute();
  else
    await update
      .set({ next_attempt_at: now })
      .where("attempt_count", "=", 0)
      .where("next_attempt_at", ">", now)
      .execute();
}
