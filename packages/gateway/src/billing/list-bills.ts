import type { PartnerReadRoom } from "../app/room.ts";
import { listBills as list } from "../store/bills.ts";
import { presentBill, type WireBill } from "./to-wire.ts";

/** Lists the partner's bills, newest first. */
export const listBills: PartnerReadRoom<"listBills"> = async ({ query }, { db, partner }) => {
  const page = await list(db, partner.id, { month: query.month }, query);
  const data: WireBill[] = [];
  for (const bill of page.data) data.push(await presentBill(db, partner.id, bill));
  return { status: 200, body: { data, nextCursor: page.nextCursor } };
};
