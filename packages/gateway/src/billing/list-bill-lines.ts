import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { toWireCharge } from "../charges/to-wire.ts";
import { listBillLines as list } from "../store/bill-lines.ts";
import { findBill } from "../store/bills.ts";
import { writeBillCsv } from "./bill-csv.ts";

/** Lists a bill's lines: its charges, in the order in which they stand on it. */
export const listBillLines: PartnerReadRoom<"listBillLines"> = async (
  { path, query, accept },
  { db, partner },
) => {
  const bill = await findBill(db, partner.id, path.billId);
  if (bill === undefined) return refuse("not_found", `You have no bill ${path.billId}.`);
  if (accept === "text/csv") return { status: 200, document: writeBillCsv(db, partner.id, bill) };
  const page = await list(db, partner.id, bill.month, query);
  return { status: 200, body: { data: page.data.map(toWireCharge), nextCursor: page.nextCursor } };
};
