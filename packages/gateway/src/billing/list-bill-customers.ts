import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { listBillCustomers as list } from "../store/bill-customers.ts";
import { findBill } from "../store/bills.ts";
import { toWireCustomers } from "./to-wire.ts";

/** Lists what each customer's charges on a bill come to, in the order of the names. */
export const listBillCustomers: PartnerReadRoom<"listBillCustomers"> = async (
  { path, query },
  { db, partner },
) => {
  const bill = await findBill(db, partner.id, path.billId);
  if (bill === undefined) return refuse("not_found", `You have no bill ${path.billId}.`);
  const page = await list(db, partner.id, bill.month, query);
  return {
    status: 200,
    body: {
      data: toWireCustomers(page.data, bill.currency),
      nextCursor: page.nextCursor,
    },
  };
};
