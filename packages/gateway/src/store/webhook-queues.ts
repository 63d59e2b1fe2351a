/** The state of each endpoint's queue: how far it is numbered, when it wants to be looked at, and how the endpoint fares. */
import { toInstant, type Instant } from "@evergate/core";
import { sql, type UpdateObject } from "kysely";
import type { PartnerId } from "../ids.ts";
import type { Database } from "./schema.ts";
import type { Reader, Transaction } from "./store.ts";
import { isDueSql, never } from "./waits.ts";

/** Makes the queue of a new endpoint; one that is off collects what happens, and rests. */
export async function insertQueue(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  isEnabled: boolean,
): Promise<void> {
  await tx
    .insertInto("webhook_queues")
    .values({
      partner,
      endpoint,
      last_sequence: 0,
      revision: 0,
      due_at: null,
      lease_owner: null,
      lease_ends_at: null,
      allowance: null,
      resumes_at: isEnabled ? null : never,
      slow_count: 0,
      failing_since: null,
      failing_told_at: null,
      given_up_count: 0,
      disabled_at: null,
      disabled_reason: null,
      probe_count: 0,
      last_success_at: null,
      last_failure_at: null,
      judged_from: null,
      wants_restart: 0,
    })
    .execute();
}

/** The number of the last delivery that was queued for an endpoint; 0 where there was none. */
export async function getLastSequence(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
): Promise<number> {
  const row = await db
    .selectFrom("webhook_queues")
    .select("last_sequence")
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .executeTakeFirstOrThrow();
  return row.last_sequence;
}

/** As early as it may be looked at again, at the given time or when its rest is over. */
function wakeAt(at: Instant) {
  return sql<number>`case when resumes_at is null or ${isDueSql("resumes_at", at)} then ${at} else resumes_at end`;
}

/**
 * Numbers deliveries that are about to be queued, gaplessly, and makes their endpoints due. `counts` says how many
 * each gets; the answer is the first number of each. The queues stay locked until the transaction ends, so that
 * numbers are seen in their order.
 */
export async function takeSequences(
  tx: Transaction,
  partner: PartnerId,
  counts: ReadonlyMap<string, number>,
  now: Instant,
): Promise<ReadonlyMap<string, number>> {
  const wanted = [...counts].filter(([, count]) => count > 0).toSorted(byEndpoint);
  const first = new Map<string, number>();
  if (wanted.length === 0) return first;
  const cases = sql.join(
    wanted.map(([endpoint, count]) => sql`when ${endpoint} then ${sql.lit(count)}`),
    sql` `,
  );
  const rows = await tx
    .updateTable("webhook_queues")
    .set({
      last_sequence: sql<number>`last_sequence + case endpoint ${cases} end`,
      due_at: sql<number>`case when due_at <= ${now} then due_at else ${wakeAt(now)} end`,
    })
    .where("partner", "=", partner)
    .where(
      "endpoint",
      "in",
      wanted.map(([endpoint]) => endpoint),
    )
    .returning(["endpoint", "last_sequence"])
    .execute();
  for (const { endpoint, last_sequence } of rows)
    first.set(endpoint, last_sequence - (counts.get(endpoint) ?? 0) + 1);
  return first;
}

function byEndpoint([one]: readonly [string, number], [other]: readonly [string, number]): number {
  return one < other ? -1 : 1;
}

/** Says that what a process holds of an endpoint in memory may be out of date, and makes the endpoint due. */
export async function touchQueue(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  now: Instant,
): Promise<void> {
  await tx
    .updateTable("webhook_queues")
    .set({ revision: sql<number>`revision + 1`, due_at: wakeAt(now) })
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .execute();
}

/** Changes a queue, and then says so: when it is due depends on its rest as it is after the change. */
async function changeQueue(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  changes: UpdateObject<Database, "webhook_queues">,
  now: Instant,
): Promise<void> {
  await tx
    .updateTable("webhook_queues")
    .set(changes)
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .execute();
  await touchQueue(tx, partner, endpoint, now);
}

/** Lets an endpoint rest until somebody wakes it. */
export async function stopQueue(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  now: Instant,
): Promise<void> {
  await changeQueue(tx, partner, endpoint, { resumes_at: never }, now);
}

/**
 * Wakes an endpoint whose owner says that it works: what has failed begins anew, one at a time, and it has all its days
 * again. It fails until it has taken something.
 */
export async function startQueue(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  now: Instant,
): Promise<void> {
  await changeQueue(
    tx,
    partner,
    endpoint,
    {
      resumes_at: null,
      slow_count: 0,
      allowance: sql<number | null>`case when failing_since is null then allowance else 1 end`,
      failing_told_at: sql<number | null>`coalesce(failing_told_at, disabled_at)`,
      judged_from: sql<
        number | null
      >`case when failing_since is null then null else cast(${now} as bigint) end`,
      disabled_at: null,
      disabled_reason: null,
      probe_count: 0,
      wants_restart: 1,
    },
    now,
  );
}

/** Has what has failed begin anew, before anything else is sent. */
export async function wantRestart(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  now: Instant,
): Promise<void> {
  await changeQueue(tx, partner, endpoint, { wants_restart: 1 }, now);
}

/** What has failed has begun anew, unless its owner has said something since. */
export async function endRestart(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  revision: number,
): Promise<void> {
  await tx
    .updateTable("webhook_queues")
    .set({ wants_restart: 0 })
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("revision", "=", revision)
    .execute();
}

/** Until when an endpoint rests, be it over or not: {@link never} until somebody wakes it. Null: it does not. */
export async function findRest(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
): Promise<Instant | null> {
  const row = await db
    .selectFrom("webhook_queues")
    .select("resumes_at")
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .executeTakeFirst();
  return row === undefined || row.resumes_at === null ? null : toInstant(row.resumes_at);
}

/** Whether an endpoint rests until somebody wakes it: it was switched off, owes its proof, or said itself that it is gone. */
export async function restsForGood(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
): Promise<boolean> {
  return (await findRest(db, partner, endpoint)) === never;
}

/** Has an endpoint that was disabled for failing, and that rests for another reason, be tried again now. */
export async function resumeProbing(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  now: Instant,
): Promise<void> {
  await tx
    .updateTable("webhook_queues")
    .set({ resumes_at: now })
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("disabled_reason", "=", "failing")
    .execute();
  await touchQueue(tx, partner, endpoint, now);
}

/** Says why an endpoint was switched off for how it fares: `failing`, or `gone` where it said so itself. */
export async function updateDisabledReason(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  reason: "failing" | "gone",
): Promise<void> {
  await tx
    .updateTable("webhook_queues")
    .set({ disabled_reason: reason })
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .execute();
}
