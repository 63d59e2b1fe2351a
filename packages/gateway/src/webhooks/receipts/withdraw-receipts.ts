import type { Services } from "../../app/world.ts";
import {
  deleteWithdrawal,
  listWithdrawals,
  type Withdrawal,
} from "../../store/receipt-endpoints.ts";
import { deleteProvisionings } from "../../store/provisionings.ts";
import { deleteReceipts, listOpenReceipts } from "../../store/receipts.ts";
import type { Transaction } from "../../store/store.ts";

/** So many receipts are taken back in one transaction: on SQLite every other writer waits for its end. */
const withdrawnChunk = 500;

/**
 * Takes back what endpoints still owe that are asked for no receipts any more, a chunk of each. Whoever asks of them
 * anew meanwhile loses none of the new ones. Answers whether there may be more to do.
 */
export async function withdrawReceipts({ store }: Pick<Services, "store">): Promise<boolean> {
  let isMoreLeft = false;
  for (const withdrawal of await listWithdrawals(store.reader))
    if (await store.transaction((tx) => withdraw(tx, withdrawal))) isMoreLeft = true;
  return isMoreLeft;
}

async function withdraw(tx: Transaction, withdrawal: Withdrawal): Promise<boolean> {
  const { partner, endpoint, until, isDeleted } = withdrawal;
  const open = await listOpenReceipts(tx, partner, endpoint, until, withdrawnChunk);
  await deleteReceipts(tx, partner, open);
  if (open.length > 0) return true;
  if (isDeleted && (await deleteProvisionings(tx, partner, endpoint, withdrawnChunk)) > 0)
    return true;
  await deleteWithdrawal(tx, withdrawal);
  return false;
}
