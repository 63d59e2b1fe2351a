import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { findBill } from "../store/bills.ts";
import { presentBill } from "./to-wire.ts";

/** Reads one bill. */
export const getBill: PartnerReadRoom<"getBill"> = async ({ path }, { db, partner }) => {
  const bill = await findBill(db, partner.id, path.billId);
  if (bill === undefined) return refuse("not_found", `You have no bill ${path.billId}.`);
  return { status: 200, body: await presentBill(db, partner.id, bill) };
};
