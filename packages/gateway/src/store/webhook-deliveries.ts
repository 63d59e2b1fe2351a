/** Events on their way to endpoints. A delivery is pending until the endpoint has taken it or it is given up, and can be made pending again. */
import type { Instant } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { sql } from "kysely";
import { givenRows } from "./given-rows.ts";
import { insertRows } from "./insert-rows.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";
import { takeSequences, touchQueue } from "./webhook-queues.ts";

/** An event that an endpoint is to get, before it has its number there. */
export interface NewDelivery {
  readonly endpoint: string;
  readonly event: string;
  readonly lane: string;
  /** The text to send, where it is not the event's own with the `delivery` object put in; it gets the delivery's number. */
  readonly makeBody: ((sequence: number) => string) | null;
}

/**
 * Queues deliveries, those of each endpoint in the order given, under its next numbers; answers how many.
 * An event is queued once for an endpoint: a second time violates a unique key.
 */
export async function insertDeliveries(
  tx: Transaction,
  partner: PartnerId,
  deliveries: readonly NewDelivery[],
  now: Instant,
): Promise<void> {
  const counts = new Map<string, number>();
  for (const { endpoint } of deliveries) counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
  const next = new Map(await takeSequences(tx, partner, counts, now));
  await insertRows(
    tx,
    "webhook_deliveries",
    deliveries.flatMap(({ endpoint, event, lane, makeBody }) => {
      const sequence = next.get(endpoint);
      // Deleted meanwhile: nobody wants it any more.
      if (sequence === undefined) return [];
      next.set(endpoint, sequence + 1);
      return {
        partner,
        endpoint,
        sequence,
        event,
        lane,
        status: "pending",
        attempt_count: 0,
        next_attempt_at: now,
        body: makeBody === null ? null : makeBody(sequence),
        queued_at: now,
        finished_at: null,
      };
    }),
  );
}

/** What becomes of a delivery after an attempt. */
export type NextStep =
  | { readonly status: "delivered" }
  /** Given up. */
  | { readonly status: "failed" }
  | { readonly status: "pending"; readonly at: Instant };

/** A delivery after an attempt. */
export interface AttemptedDelivery {
  readonly partner: PartnerId;
  readonly endpoint: string;
  readonly sequence: number;
  /** The how-manieth attempt it was, from 1. */
  readonly number: number;
  readonly next: NextStep;
}

/**
 * Saves what becomes of deliveries. A success is final whoever had it. A failure is recorded only where no other
 * process has attempted the delivery meanwhile, as it can after a lease has been lost.
 */
export async function finishDeliveries(
  tx: Transaction,
  dialect: Dialect,
  deliveries: readonly AttemptedDelivery[],
  now: Instant,
): Promise<void> {
  const attempted = givenRows(
    dialect,
    deliveries.map(({ partner, endpoint, sequence, number, next }) => [
      partner,
      endpoint,
      sequence,
      next.status,
      number,
      next.status === "pending" ? next.at : now,
      next.status === "pending" ? null : now,
    ]),
    ["text", "text", "bigint", "text", "bigint", "bigint", "bigint"],
  );
  // Each is found by its key. Asked for plainly, PostgreSQL might take an index of all that is pending instead, as it does
  // where little was pending when it last counted: with a backlog, that is to read all of it each time.
  await sql`
    update webhook_deliveries as delivery
    set status = attempted.c3, attempt_count = attempted.c4, next_attempt_at = attempted.c5, finished_at = attempted.c6
    from ${attempted} as attempted
    where delivery.partner = attempted.c0 and delivery.endpoint = attempted.c1 and delivery.sequence = attempted.c2
      and (delivery.status || '') = 'pending' and (attempted.c3 = 'delivered' or delivery.attempt_count = attempted.c4 - 1)`.execute(
    tx,
  );
}

/**
 * How many events an endpoint has not got, counted up to `limit`: those that are pending and the ones given up since
 * an instant.
 */
export async function countUndelivered(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  since: Instant,
  limit: number,
): Promise<number> {
  const { rows } = await sql<{ pending: number; failed: number }>`
    select
      (select count(*) from (select 1 from webhook_deliveries where partner = ${partner} and endpoint = ${endpoint}
        and status = 'pending' limit ${limit}) as waiting) as pending,
      (select count(*) from (select 1 from webhook_deliveries where partner = ${partner} and endpoint = ${endpoint}
        and status = 'failed' and finished_at >= ${since} limit ${limit}) as given_up) as failed`.execute(
    db,
  );
  return Math.min(limit, (rows[0]?.pending ?? 0) + (rows[0]?.failed ?? 0));
}

/** Numbers, ascending, of deliveries that were given up since an instant, the first of them, and of those that wait for another attempt. */
export async function listUnlucky(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  since: Instant,
  limit: number,
): Promise<readonly number[]> {
  const givenUp = await db
    .selectFrom("webhook_deliveries")
    .select("sequence")
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("status", "=", sql.lit("failed"))
    .where("finished_at", ">=", since)
    .orderBy("finished_at")
    .limit(limit)
    .execute();
  const waiting = await listRetrying(db, partner, endpoint, limit);
  return [...givenUp.map(({ sequence }) => sequence), ...waiting].toSorted((one, two) => one - two);
}

/** Numbers of deliveries that wait for another attempt, those due first. */
export async function listRetrying(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  limit: number,
): Promise<readonly number[]> {
  const rows = await db
    .selectFrom("webhook_deliveries")
    .select("sequence")
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("status", "=", sql.lit("pending"))
    .where("attempt_count", ">", sql.lit(0))
    .orderBy("next_attempt_at")
    .limit(limit)
    .execute();
  return rows.map(({ sequence }) => sequence);
}

/** Gives deliveries all their attempts again, whatever became of them. Whoever serves the endpoint has to be told (`touchQueue`). */
export async function restartDeliveries(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  sequences: readonly number[],
  now: Instant,
): Promise<void> {
  await tx
    .updateTable("webhook_deliveries")
    .set({ status: "pending", attempt_count: 0, next_attempt_at: now, finished_at: null })
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("sequence", "in", sequences)
    .where("status", "<>", "delivered")
    .execute();
}

/**
 * Makes deliveries of an endpoint that are finished, delivered or given up, pending again, with all their attempts
 * before them: the same bytes under the same numbers. Those that are pending stay as they are. Answers how many it changed.
 */
export async function requeueDeliveries(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  sequences: readonly number[],
  now: Instant,
): Promise<number> {
  if (sequences.length === 0) return 0;
  const { numUpdatedRows } = await tx
    .updateTable("webhook_deliveries")
    .set({ status: "pending", attempt_count: 0, next_attempt_at: now, finished_at: null })
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("sequence", "in", sequences)
    .where("status", "<>", "pending")
    .executeTakeFirst();
  if (numUpdatedRows > 0n) await touchQueue(tx, partner, endpoint, now);
  return Number(numUpdatedRows);
}

/**
 * Has deliveries that wait for their next attempt made at once, with all the attempts counted that they have had.
 * One that is being made, and those that are finished, stay as they are. Answers how many it changed.
 */
export async function hastenDeliveries(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  sequences: readonly number[],
  now: Instant,
): Promise<number> {
  if (sequences.length === 0) return 0;
  const { numUpdatedRows } = await tx
    .updateTable("webhook_deliveries")
    .set({ next_attempt_at: now })
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("sequence", "in", sequences)
    .where("status", "=", "pending")
    .where("next_attempt_at", ">", now)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) await touchQueue(tx, partner, endpoint, now);
  return Number(numUpdatedRows);
}
