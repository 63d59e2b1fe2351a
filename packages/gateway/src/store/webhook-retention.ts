/**
 * What is forgotten of webhooks, so many rows at a time. Each statement reads one table by one key, so that no planner
 * can go wrong about it, however old its statistics are.
 */
import type { Instant } from "@evergate/core";
import { sql, type RawBuilder } from "kysely";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { lockEventPosition } from "./events.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";
import type { QueueKey } from "./webhook-leases.ts";

/** Rows of an endpoint in the order of its table's key: the order in which they were made, but for clocks that were wrong. */
export interface Records {
  readonly table: "webhook_attempts" | "webhook_deliveries";
  readonly key: readonly string[];
  /** What they ascend by: a column of the key. */
  readonly place: "id" | "sequence";
  /** What comes before the first place. */
  readonly start: string | number;
  readonly begunAt: "attempted_at" | "queued_at";
  /** They are kept for a while from then; null: until it is known. */
  readonly endedAt: "attempted_at" | "finished_at";
  readonly which: RawBuilder<unknown>;
}

const attempts = {
  table: "webhook_attempts",
  key: ["partner", "endpoint", "outcome", "id"],
  place: "id",
  start: "",
  begunAt: "attempted_at",
  endedAt: "attempted_at",
} as const;

/** All that is forgotten of an endpoint by and by. */
export const records: readonly Records[] = [
  { ...attempts, which: sql`outcome = 'succeeded'` },
  { ...attempts, which: sql`outcome = 'failed'` },
  {
    table: "webhook_deliveries",
    key: ["partner", "endpoint", "sequence"],
    place: "sequence",
    start: 0,
    begunAt: "queued_at",
    endedAt: "finished_at",
    which: sql`1 = 1`,
  },
];

/** What ended in it is kept: a while up to now, and as long from now on, for clocks that are a little ahead. */
export interface KeptSpan {
  readonly from: Instant;
  readonly to: Instant;
}

/** A row as far as it is looked at. */
export interface RecordRow {
  readonly place: string | number;
  readonly begunAt: number;
  /** 1 where it can be forgotten. */
  readonly isPast: number;
}

/** The next rows of an endpoint after a place. */
export async function listRecords(
  db: Reader,
  { table, place, begunAt, endedAt, which }: Records,
  { partner, endpoint }: QueueKey,
  after: string | number,
  kept: KeptSpan,
  limit: number,
): Promise<readonly RecordRow[]> {
  const { rows } = await sql<RecordRow>`
    select ${sql.ref(place)} as place, ${sql.ref(begunAt)} as "begunAt",
      case when ${endedOutside(endedAt, kept)} then 1 else 0 end as "isPast"
    from ${sql.table(table)}
    where partner = ${partner} and endpoint = ${endpoint} and ${which} and ${sql.ref(place)} > ${after}
    order by ${sql.ref(place)} limit ${limit}`.execute(db);
  return rows;
}

/** Forgets those rows between two places, the second included, that are past their time. */
export async function deleteRecords(
  tx: Transaction,
  dialect: Dialect,
  { table, key, place, endedAt, which }: Records,
  { partner, endpoint }: QueueKey,
  [after, last]: readonly [string | number, string | number],
  kept: KeptSpan,
): Promise<void> {
  // Who finds no delivery of an event queues it anew, and holds this: none must go after it was found.
  if (table === "webhook_deliveries") await lockEventPosition(tx, dialect, partner);
  // Locked, so that one which is just being made pending again is seen to be.
  await deleteRows(
    tx,
    table,
    key,
    sql`where partner = ${partner} and endpoint = ${endpoint} and ${which}
      and ${sql.ref(place)} > ${after} and ${sql.ref(place)} <= ${last} and ${endedOutside(endedAt, kept)} ${lockFree(dialect)}`,
  );
}

function endedOutside(column: Records["endedAt"], { from, to }: KeptSpan): RawBuilder<unknown> {
  return sql`(${sql.ref(column)} < ${from} or ${sql.ref(column)} > ${to})`;
}

/**
 * Deletes an endpoint for its owner: at once its queue and its secrets are gone, and it gets nothing more. What it was
 * given and what was attempted is removed little by little, and the row with the last of it. Waits for a fan-out that may
 * just be making deliveries for it.
 */
export async function deleteEndpoint(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  id: string,
  now: Instant,
): Promise<void> {
  await lockEventPosition(tx, dialect, partner);
  await tx
    .deleteFrom("webhook_queues")
    .where("partner", "=", partner)
    .where("endpoint", "=", id)
    .execute();
  await tx
    .updateTable("webhook_endpoints")
    .set({ deleted_at: now, secret: "", previous_secrets: "[]", headers: null })
    .where("partner", "=", partner)
    .where("id", "=", id)
    .execute();
}

/** Endpoints that were deleted and of which something is left, those deleted first first. */
export async function listDeletedEndpoints(
  db: Reader,
  limit: number,
): Promise<readonly QueueKey[]> {
  const rows = await db
    .selectFrom("webhook_endpoints")
    .select(["partner", "id"])
    .where("deleted_at", "is not", null)
    .orderBy("deleted_at")
    .limit(limit)
    .execute();
  return rows.map(({ partner, id }) => ({ partner: toPartnerId(partner), endpoint: id }));
}

/**
 * Removes up to `limit` rows of a deleted endpoint, and, when there are no more, the endpoint itself. Answers whether
 * something is left for this process to do: not where another is at it.
 */
export async function removeFromEndpoint(
  tx: Transaction,
  dialect: Dialect,
  { partner, endpoint }: QueueKey,
  limit: number,
): Promise<boolean> {
  const claim = tx
    .selectFrom("webhook_endpoints")
    .select("id")
    .where("partner", "=", partner)
    .where("id", "=", endpoint)
    .where("deleted_at", "is not", null);
  const claimed = await (
    dialect === "postgres" ? claim.forUpdate().skipLocked() : claim
  ).executeTakeFirst();
  if (claimed === undefined) return false;
  let left = limit;
  for (const { table, key, which } of records)
    if (left > 0)
      left -= await deleteRows(
        tx,
        table,
        key,
        sql`where partner = ${partner} and endpoint = ${endpoint} and ${which} limit ${left}`,
      );
  if (left === 0) return true;
  await tx
    .deleteFrom("webhook_endpoints")
    .where("partner", "=", partner)
    .where("id", "=", endpoint)
    .execute();
  return false;
}

/** Rows that somebody else is at are left to them, or for another time. */
function lockFree(dialect: Dialect): RawBuilder<unknown> {
  return dialect === "postgres" ? sql`for update skip locked` : sql``;
}

/** Deletes the rows that `which` chooses, and answers how many. They are chosen once, or PostgreSQL might choose others for each row it looks at. */
async function deleteRows(
  tx: Transaction,
  table: "webhook_attempts" | "webhook_deliveries",
  key: readonly string[],
  which: RawBuilder<unknown>,
): Promise<number> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const { numAffectedRows } = await sql`
    with chosen as materialized (select ${columns} from ${sql.table(table)} ${which})
    delete from ${sql.table(table)} where (${columns}) in (select ${columns} from chosen)`.execute(
    tx,
  );
  return Number(numAffectedRows ?? 0);
}
