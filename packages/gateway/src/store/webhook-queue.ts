/**
 * The table of deliveries is the queue. A delivery is pending until it has been delivered or given up;
 * claiming it moves `next_attempt_at` past the time-out, so that what a killed process had claimed comes again.
 */
import { toInstant, type Instant } from "@evergate/core";
import { sql } from "kysely";
import { makeId, toPartnerId, type PartnerId } from "../ids.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

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
      where.exists(
        where
          .selectFrom("webhook_deliveries as delivery")
          .select("delivery.event")
          .whereRef("delivery.partner", "=", "endpoint.partner")
          .whereRef("delivery.endpoint", "=", "endpoint.id")
          .where("delivery.status", "=", pending)
          .where("delivery.next_attempt_at", "<=", now),
      ),
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
  readonly subscription: string | null;
  readonly position: number;
  /** The how-manieth attempt the coming one is, from 1. */
  readonly attemptNumber: number;
  readonly leaseEndsAt: Instant;
  readonly url: string;
  readonly sealedSecret: string;
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
  const query = tx
    .selectFrom("webhook_deliveries as delivery")
    .innerJoin("webhook_endpoints as endpoint", (join) =>
      join
        .onRef("endpoint.partner", "=", "delivery.partner")
        .onRef("endpoint.id", "=", "delivery.endpoint"),
    )
    .innerJoin("events as event", (join) =>
      join.onRef("event.partner", "=", "delivery.partner").onRef("event.id", "=", "delivery.event"),
    )
    .select([
      "delivery.event",
      "delivery.subscription",
      "delivery.position",
      "delivery.attempt_count",
      "endpoint.url",
      "endpoint.secret",
      "event.payload",
    ])
    .where("delivery.partner", "=", key.partner)
    .where("delivery.endpoint", "=", key.endpoint)
    .where("delivery.status", "=", pending)
    .where("delivery.next_attempt_at", "<=", now)
    .where("endpoint.is_enabled", "=", 1)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom("webhook_deliveries as earlier")
            .select("earlier.event")
            .whereRef("earlier.partner", "=", "delivery.partner")
            .whereRef("earlier.endpoint", "=", "delivery.endpoint")
            .whereRef("earlier.subscription", "=", "delivery.subscription")
            .whereRef("earlier.position", "<", "delivery.position")
            .where("earlier.status", "=", pending),
        ),
      ),
    )
    .orderBy("delivery.next_attempt_at")
    .orderBy("delivery.position")
    .limit(limit);
  const rows = await (
    dialect === "postgres" ? query.forUpdate("delivery").skipLocked() : query
  ).execute();
  if (rows.length === 0) return [];
  const leaseEndsAt = toInstant(now + leaseMs);
  await tx
    .updateTable("webhook_deliveries")
    .set({ next_attempt_at: leaseEndsAt })
    .where("partner", "=", key.partner)
    .where("endpoint", "=", key.endpoint)
    .where(
      "event",
      "in",
      rows.map((row) => row.event),
    )
    .execute();
  return rows.map((row) => ({
    partner: key.partner,
    endpoint: key.endpoint,
    event: row.event,
    subscription: row.subscription,
    position: row.position,
    attemptNumber: row.attempt_count + 1,
    leaseEndsAt,
    url: row.url,
    sealedSecret: row.secret,
    payload: row.payload,
  }));
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
  /** The beginning of what the endpoint answered, where it refused. */
  readonly responseExcerpt: string | null;
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
  if (numUpdatedRows > 0n && delivery.subscription !== null)
    await moveFollowers(tx, delivery, delivery.subscription, next, now);
}

/**
 * What waits behind a delivery of the same subscription waits as long as that does, and is due when it is through.
 * Without this, what an endpoint that is down can't have yet would be looked at with every claim.
 */
async function moveFollowers(
  tx: Transaction,
  delivery: ClaimedDelivery,
  subscription: string,
  next: NextStep,
  now: Instant,
): Promise<void> {
  const update = tx
    .updateTable("webhook_deliveries")
    .where("partner", "=", delivery.partner)
    .where("endpoint", "=", delivery.endpoint)
    .where("subscription", "=", subscription)
    .where("position", ">", delivery.position)
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
