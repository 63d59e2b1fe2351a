import type { PartnerReadRoom } from "../app/room.ts";
import { findCustomer } from "../store/customers.ts";
import { findProductByReference } from "../store/catalogue.ts";
import { listSubscriptions as list } from "../store/subscriptions.ts";
import { toWireSubscription } from "./to-wire.ts";

/** Lists the partner's subscriptions, newest first. Filters that match nothing give an empty list. */
export const listSubscriptions: PartnerReadRoom<"listSubscriptions"> = async (
  { query },
  { db, partner },
) => {
  const customer =
    query.customer === undefined
      ? undefined
      : ((await findCustomer(db, partner.id, query.customer))?.id ?? query.customer);
  const product =
    query.product === undefined
      ? undefined
      : ((await findProductByReference(db, query.product))?.id ?? query.product);
  const page = await list(db, partner.id, { customer, product, status: query.status }, query);
  return {
    status: 200,
    body: {
      data: page.data.map((subscription) => toWireSubscription(subscription, partner.terms)),
      nextCursor: page.nextCursor,
    },
  };
};
