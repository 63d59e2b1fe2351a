import type { PartnerReadRoom } from "../app/room.ts";
import { listCustomers as list } from "../store/customers.ts";
import { toWireCustomer } from "./to-wire.ts";

/** Lists the partner's customers, newest first. */
export const listCustomers: PartnerReadRoom<"listCustomers"> = async (
  { query },
  { db, partner },
) => {
  const page = await list(db, partner.id, query);
  return {
    status: 200,
    body: { data: page.data.map(toWireCustomer), nextCursor: page.nextCursor },
  };
};
