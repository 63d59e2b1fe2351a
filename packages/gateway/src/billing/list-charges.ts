import type { PartnerReadRoom } from "../app/room.ts";
import { toWireCharge } from "../charges/to-wire.ts";
import { listCharges as list } from "../store/charges.ts";
import { findCustomer } from "../store/customers.ts";
import { findSubscription } from "../store/subscriptions.ts";

/** Lists the partner's charges, newest first. Filters that match nothing give an empty list. */
export const listCharges: PartnerReadRoom<"listCharges"> = async ({ query }, { db, partner }) => {
  const customer =
    query.customer === undefined
      ? undefined
      : ((await findCustomer(db, partner.id, query.customer))?.id ?? query.customer);
  const subscription =
    query.subscription === undefined
      ? undefined
      : ((await findSubscription(db, partner.id, query.subscription))?.id ?? query.subscription);
  const page = await list(db, partner.id, { month: query.month, customer, subscription }, query);
  return { status: 200, body: { data: page.data.map(toWireCharge), nextCursor: page.nextCursor } };
};
