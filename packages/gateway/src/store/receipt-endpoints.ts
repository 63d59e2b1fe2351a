/** Which endpoints owe receipts, and which have ceased to. */
import { toInstant, type Instant } from "@evergate/core";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { lockEventPosition } from "./events.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

/** So many endpoints are looked after at once. */
const listSize = 100;

/** Ids of the partner's endpoints that are asked for receipts. */
export async function listAskedEndpoints(
  db: Reader,
  partner: PartnerId,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("webhook_endpoints")
    .select("id")
    .where("partner", "=", partner)
    .where("receipts", "is not", null)
    .where("deleted_at", "is", null)
    .execute();
  return rows.map(({ id }) => id);
}

/** An endpoint that is asked for no receipts any more: what it owed until then is to be taken back. */
export interface Withdrawal {
  readonly partner: PartnerId;
  readonly endpoint: string;
  readonly until: Instant;
  readonly isDeleted: boolean;
}

/**
 * Notes that an endpoint owes no receipts any more. It waits for a fan-out that may just be making some: whatever comes
 * after sees what the endpoint has become.
 */
export async function insertWithdrawal(
  tx: Transaction,
  dialect: Dialect,
  { partner, endpoint, isDeleted }: Omit<Withdrawal, "until">,
  now: () => Instant,
): Promise<void> {
  await lockEventPosition(tx, dialect, partner);
  const row = { until: now(), is_deleted: isDeleted ? 1 : 0 };
  await tx
    .insertInto("receipt_withdrawals")
    .values({ partner, endpoint, ...row })
    .onConflict((conflict) => conflict.columns(["partner", "endpoint"]).doUpdateSet(row))
    .execute();
}

export async function listWithdrawals(db: Reader): Promise<readonly Withdrawal[]> {
  const rows = await db.selectFrom("receipt_withdrawals").selectAll().limit(listSize).execute();
  return rows.map(({ partner, endpoint, until, is_deleted: isDeleted }) => ({
    partner: toPartnerId(partner),
    endpoint,
    until: toInstant(until),
    isDeleted: isDeleted === 1,
  }));
}

/** Nothing is left to take back; where the endpoint has ceased once more meanwhile, that stands. */
export async function deleteWithdrawal(
  tx: Transaction,
  { partner, endpoint, until, isDeleted }: Withdrawal,
): Promise<void> {
  await tx
    .deleteFrom("receipt_withdrawals")
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("until", "=", until)
    .where("is_deleted", "=", isDeleted ? 1 : 0)
    .execute();
}
