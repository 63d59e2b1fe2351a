/**
 * Which process serves which endpoint. An endpoint is served by one at a time, under a lease that it renews: so how
 * many deliveries are in flight, and what waits for what, is decided in one memory and is exact, however many
 * gateways share a database.
 */
import { toInstant, type Instant } from "@evergate/core";
import { sql, type RawBuilder, type Selectable } from "kysely";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { givenRows } from "./given-rows.ts";
import type { WebhookQueueTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";
import { isAstraySql, isDueSql } from "./waits.ts";

export interface QueueKey {
  readonly partner: PartnerId;
  readonly endpoint: string;
}

/** How far an endpoint's queue is numbered, and which state of its configuration that goes with. */
export interface QueueHead extends QueueKey {
  readonly lastSequence: number;
  readonly revision: number;
}

/** What the server of a queue has learnt of its endpoint. */
export interface QueueState {
  readonly allowance: number | null;
  readonly resumesAt: Instant | null;
  readonly slowCount: number;
  readonly failingSince: Instant | null;
  readonly failingToldAt: Instant | null;
  readonly judgedFrom: Instant | null;
  readonly givenUpCount: number;
  readonly disabledAt: Instant | null;
  readonly probeCount: number;
  readonly lastSuccessAt: Instant | null;
  readonly lastFailureAt: Instant | null;
}

/** A queue as the process finds it that serves it. */
export type LeasedQueue = QueueHead &
  QueueState & {
    /** What has failed is to begin anew before anything else is sent. */
    readonly wantsRestart: boolean;
  };

const columns = [
  "partner",
  "endpoint",
  "last_sequence",
  "revision",
  "allowance",
  "resumes_at",
  "slow_count",
  "failing_since",
  "failing_told_at",
  "given_up_count",
  "disabled_at",
  "probe_count",
  "last_success_at",
  "last_failure_at",
  "judged_from",
  "wants_restart",
] as const;

/**
 * The clock by which leases are told. On PostgreSQL the database's own, because those of several machines differ and
 * may jump; SQLite is served by one process.
 */
export function leaseClock(dialect: Dialect): RawBuilder<number> {
  return dialect === "postgres"
    ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql<number>`${Date.now()}`;
}

/**
 * Leases up to `limit` endpoints that want to be looked at and that nobody serves, those that have waited longest first.
 * Never one that is this process's own, though its time seems to be over: a clock may have jumped, or a renewal be late.
 */
export async function leaseQueues(
  tx: Transaction,
  dialect: Dialect,
  owner: string,
  leaseMs: number,
  now: Instant,
  limit: number,
): Promise<readonly LeasedQueue[]> {
  const clock = leaseClock(dialect);
  // Each by its range of the index, which an `or` would read to its end and sort.
  const free = (isWanted: RawBuilder<unknown>) => sql`
    select * from (
      select partner as p, endpoint as e from webhook_queues
      where ${isWanted} and (lease_owner is null or (lease_owner <> ${owner} and lease_ends_at <= ${clock}))
      order by due_at limit ${limit} ${skipLocked(dialect)}
    ) as free`;
  const { rows } = await sql<QueueRow>`
    update webhook_queues as queue
    set lease_owner = ${owner}, lease_ends_at = ${clock} + cast(${leaseMs} as bigint)
    from (
      ${free(sql`due_at <= ${now}`)} union all ${free(isAstraySql("due_at", now))} limit ${limit}
    ) as due
    where queue.partner = due.p and queue.endpoint = due.e
    returning ${sql.join(columns.map((name) => sql.ref(name)))}`.execute(tx);
  return rows.map(toLeasedQueue);
}

/** What a renewal has come to. */
export interface Renewal {
  readonly renewed: readonly QueueKey[];
  /** Some that are due were in somebody else's hands. */
  readonly hasMore: boolean;
}

/** Leases that have all but a tenth of their time left were renewed by the try before. */
const freshShare = 0.9;

/**
 * Renews the leases of this process. It doesn't wait for what others hold locked: a process that stands still in its
 * transaction would have those of all endpoints end.
 */
export async function renewLeases(
  tx: Transaction,
  dialect: Dialect,
  owner: string,
  leaseMs: number,
): Promise<Renewal> {
  const clock = leaseClock(dialect);
  const isDue = sql`lease_owner = ${owner} and lease_ends_at < ${clock} + cast(${Math.ceil(leaseMs * freshShare)} as bigint)`;
  const { rows } = await sql<{ partner: string; endpoint: string }>`
    update webhook_queues as queue
    set lease_ends_at = ${clock} + cast(${leaseMs} as bigint)
    from (select partner as p, endpoint as e from webhook_queues where ${isDue} ${skipLocked(dialect)}) as own
    where queue.partner = own.p and queue.endpoint = own.e
    returning partner, endpoint`.execute(tx);
  const { rows: left } = await sql`select 1 from webhook_queues where ${isDue} limit 1`.execute(tx);
  return { renewed: rows.map(toKey), hasMore: left.length > 0 };
}

/** Locks those of the queues that nobody else holds locked, and answers them. */
export async function lockFreeQueues(
  tx: Transaction,
  dialect: Dialect,
  queues: readonly QueueKey[],
): Promise<readonly QueueKey[]> {
  if (dialect === "sqlite" || queues.length === 0) return queues;
  const wanted = givenRows(
    dialect,
    queues.map(({ partner, endpoint }) => [partner, endpoint]),
    ["text", "text"],
  );
  const { rows } = await sql<{ partner: string; endpoint: string }>`
    select queue.partner, queue.endpoint from ${wanted} as wanted join webhook_queues as queue
      on queue.partner = wanted.c0 and queue.endpoint = wanted.c1
    for update of queue skip locked`.execute(tx);
  return rows.map(toKey);
}

function skipLocked(dialect: Dialect): RawBuilder<unknown> {
  return dialect === "postgres" ? sql`for update skip locked` : sql``;
}

/** A queue as it stands, served by the process that asks or by nobody though it wants it. */
export type FoundQueue = LeasedQueue & { readonly isFree: boolean };

/**
 * The queues that this process serves; of some partners, those as well that want to be looked at and that nobody serves.
 */
export async function listQueues(
  db: Reader,
  dialect: Dialect,
  owner: string,
  partners: readonly PartnerId[] | null,
  now: Instant,
): Promise<readonly FoundQueue[]> {
  const isFree = sql<number>`case when lease_owner = ${owner} then 0 else 1 end`.as("is_free");
  const query = db.selectFrom("webhook_queues").select([...columns, isFree]);
  const rows = await (
    partners === null
      ? query.where("lease_owner", "=", owner)
      : query
          .where("partner", "in", partners)
          .where((where) =>
            where.or([
              where("lease_owner", "=", owner),
              where.and([
                isDueSql("due_at", now),
                where.or([
                  where("lease_owner", "is", null),
                  where("lease_ends_at", "<=", leaseClock(dialect)),
                ]),
              ]),
            ]),
          )
  ).execute();
  return rows.map((row) => Object.assign(toLeasedQueue(row), { isFree: row.is_free === 1 }));
}

/** A queue that its server leaves, and when somebody should look at it again. */
export interface LeftQueue extends QueueHead {
  readonly dueAt: Instant | null;
}

/** Ends leases; queues in which something has happened since they were looked at are due as before. Answers which it ended. */
export async function releaseQueues(
  tx: Transaction,
  dialect: Dialect,
  owner: string,
  queues: readonly LeftQueue[],
): Promise<readonly QueueKey[]> {
  if (queues.length === 0) return [];
  const left = givenRows(
    dialect,
    queues.map((queue) => [
      queue.partner,
      queue.endpoint,
      queue.lastSequence,
      queue.revision,
      queue.dueAt,
    ]),
    ["text", "text", "bigint", "bigint", "bigint"],
  );
  const { rows } = await sql<{ partner: string; endpoint: string }>`
    update webhook_queues as queue
    set lease_owner = null, lease_ends_at = null,
      due_at = case when queue.last_sequence = had.c2 and queue.revision = had.c3 then had.c4 else queue.due_at end
    from ${left} as had
    where queue.partner = had.c0 and queue.endpoint = had.c1 and queue.lease_owner = ${owner}
    returning partner, endpoint`.execute(tx);
  return rows.map(toKey);
}

/**
 * Saves what this process has learnt of the endpoints that it serves; of those whose revision it does not know
 * somebody else has said something since, which stands. Answers how many it saved.
 */
export async function updateQueues(
  tx: Transaction,
  dialect: Dialect,
  owner: string,
  queues: readonly (QueueHead & QueueState)[],
): Promise<number> {
  if (queues.length === 0) return 0;
  const learnt = givenRows(
    dialect,
    queues.map((queue) => [
      queue.partner,
      queue.endpoint,
      queue.revision,
      queue.allowance,
      queue.resumesAt,
      queue.slowCount,
      queue.failingSince,
      queue.failingToldAt,
      queue.givenUpCount,
      queue.disabledAt,
      queue.probeCount,
      queue.lastSuccessAt,
      queue.lastFailureAt,
      queue.judgedFrom,
    ]),
    ["text", "text", ...Array.from({ length: 12 }, () => "bigint" as const)],
  );
  const { numAffectedRows } = await sql`
    update webhook_queues as queue
    set allowance = learnt.c3, resumes_at = learnt.c4, slow_count = learnt.c5, failing_since = learnt.c6,
      failing_told_at = learnt.c7, given_up_count = learnt.c8, disabled_at = learnt.c9,
      disabled_reason = case when learnt.c9 is null then null else queue.disabled_reason end, probe_count = learnt.c10,
      last_success_at = learnt.c11, last_failure_at = learnt.c12, judged_from = learnt.c13
    from ${learnt} as learnt
    where queue.partner = learnt.c0 and queue.endpoint = learnt.c1 and queue.lease_owner = ${owner}
      and queue.revision = learnt.c2`.execute(tx);
  return Number(numAffectedRows ?? 0);
}

/** Ends every lease of this process, so that others can go on at once; all that was due stays due. */
export async function releaseAll(tx: Transaction, owner: string): Promise<void> {
  await tx
    .updateTable("webhook_queues")
    .set({ lease_owner: null, lease_ends_at: null })
    .where("lease_owner", "=", owner)
    .execute();
}

/** The processes that hold leases. */
export async function listLeaseOwners(db: Reader): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("webhook_queues")
    .select("lease_owner")
    .distinct()
    .where("lease_owner", "is not", null)
    .execute();
  return rows.flatMap((row) => row.lease_owner ?? []);
}

type QueueRow = Pick<Selectable<WebhookQueueTable>, (typeof columns)[number]>;

function toKey(row: { partner: string; endpoint: string }): QueueKey {
  return { partner: toPartnerId(row.partner), endpoint: row.endpoint };
}

function toLeasedQueue(row: QueueRow): LeasedQueue {
  return {
    ...toKey(row),
    lastSequence: row.last_sequence,
    revision: row.revision,
    allowance: row.allowance,
    resumesAt: toInstantOrNull(row.resumes_at),
    slowCount: row.slow_count,
    failingSince: toInstantOrNull(row.failing_since),
    failingToldAt: toInstantOrNull(row.failing_told_at),
    givenUpCount: row.given_up_count,
    disabledAt: toInstantOrNull(row.disabled_at),
    probeCount: row.probe_count,
    lastSuccessAt: toInstantOrNull(row.last_success_at),
    lastFailureAt: toInstantOrNull(row.last_failure_at),
    judgedFrom: toInstantOrNull(row.judged_from),
    wantsRestart: row.wants_restart === 1,
  };
}

function toInstantOrNull(value: number | null): Instant | null {
  return value === null ? null : toInstant(value);
}
