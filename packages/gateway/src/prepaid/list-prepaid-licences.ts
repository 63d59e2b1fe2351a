import type { PartnerReadRoom } from "../app/room.ts";
import { findProductByReference } from "../store/catalogue.ts";
import { findCustomer } from "../store/customers.ts";
import { listPrepaidLicences as list } from "../store/prepaid-licences.ts";
import { toWirePrepaidLicence } from "./to-wire.ts";

/** Lists the partner's prepaid licences, newest first. Filters that match nothing give an empty list. */
export const listPrepaidLicences: PartnerReadRoom<"listPrepaidLicences"> = async (
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
  const page = await list(db, partner.id, { customer, product }, query);
  return {
    status: 200,
    body: {
      data: page.data.map((licence) => toWirePrepaidLicence(licence, partner.terms)),
      nextCursor: page.nextCursor,
    },
  };
};
