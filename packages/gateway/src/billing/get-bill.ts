import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { findBill } from "../store/bills.ts";
import { writeBillCsv } from "./bill-csv.ts";
import { writeBillPdf } from "./bill-pdf.ts";
import { presentBill } from "./to-wire.ts";

/** Reads one bill, as data or to print. */
export const getBill: PartnerReadRoom<"getBill"> = async ({ path, accept }, { db, partner }) => {
  const bill = await findBill(db, partner.id, path.billId);
  if (bill === undefined) return refuse("not_found", `You have no bill ${path.billId}.`);
  switch (accept) {
    case "application/json":
      return { status: 200, body: await presentBill(db, partner.id, bill) };
    case "text/csv":
      return { status: 200, document: writeBillCsv(db, partner.id, bill) };
    case "application/pdf":
      return { status: 200, document: writeBillPdf(db, partner, bill) };
    default:
      return accept satisfies never;
  }
};
