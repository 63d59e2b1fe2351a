import type { PartnerReadRoom } from "../app/room.ts";
import { listBills as list } from "../store/bills.ts";
import { toWireBill } from "./to-wire.ts";

/** Lists the partner's bills, newest first. */
export const listBills: PartnerReadRoom<"listBills"> = async ({ query }, { db, partner }) => {
  const page = await list(db, partner.id, { month: query.month }, query);
  return {
    status: 200,
    body: {
      data: page.data.map((bill) => toWireBill(bill, partner.id)),
      nextCursor: page.nextCursor,
    },
  };
};
