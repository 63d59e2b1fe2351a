/**
 * What is forgotten of webhooks, so many rows at a time. Each statement reads one table by one key, so that no planner
 * can go wrong about it, however old its statistics are.
 */
import { toInstant, type Instant } from "@evergate/core";
import { sql, type RawBuilder } from "kysely";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { lockEventPosition } from "./events.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";
import type { QueueKey } from "./webhook-leases.ts";

/** The oldest of what a partner has; null where there is none. */
export interface OldestOfPartner {
  readonly attemptedAt: Instant | null;
  /** When the delivery was finished that was finished first. */
  readonly finishedAt: Instant | null;
}

export async function findOldest(db: Reader, partner: PartnerId): Promise<OldestOfPartner> {
  const { rows } = await sql<{ attempted_at: number | null; finished_at: number | null }>`
    select
      (select attempted_at from webhook_attempts where partner = ${partner}
        order by attempted_at limit 1) as attempted_at,
      (select finished_at from webhook_deliveries where partner = ${partner} and finished_at is not null
        order by finished_at limit 1) as finished_at`.execute(db);
  return {
    attemptedAt: toInstantOrNull(rows[0]?.attempted_at ?? null),
    finishedAt: toInstantOrNull(rows[0]?.finished_at ?? null),
  };
}

/** Forgets a partner's attempts made before `until`, the oldest first; answers how many. */
export async function deleteOldAttempts(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  until: Instant,
  limit: number,
): Promise<number> {
  return deleteRows(
    tx,
    "webhook_attempts",
    ["partner", "endpoint", "outcome", "id"],
    sql`where partner = ${partner} and attempted_at < ${until} order by attempted_at limit ${limit} ${lockFree(dialect)}`,
  );
}

/**
 * Forgets a partner's deliveries that were taken or given up before `until`, the oldest first; answers how many. The
 * caller holds the partner's order of events, as whoever queues an event anew because it has no delivery.
 */
export async function deleteFinishedDeliveries(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  until: Instant,
  limit: number,
): Promise<number> {
  // Locked, so that one which is just being made pending again is seen to be.
  return deleteRows(
    tx,
    "webhook_deliveries",
    ["partner", "endpoint", "sequence"],
    sql`where partner = ${partner} and finished_at < ${until} order by finished_at limit ${limit} ${lockFree(dialect)}`,
  );
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
  left -= await deleteRows(
    tx,
    "webhook_attempts",
    ["partner", "endpoint", "outcome", "id"],
    sql`where partner = ${partner} and endpoint = ${endpoint} limit ${left}`,
  );
  if (left > 0)
    left -= await deleteRows(
      tx,
      "webhook_deliveries",
      ["partner", "endpoint", "sequence"],
      sql`where partner = ${partner} and endpoint = ${endpoint} limit ${left}`,
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

function toInstantOrNull(value: number | null): Instant | null {
  return value === null ? null : toInstant(value);
}
