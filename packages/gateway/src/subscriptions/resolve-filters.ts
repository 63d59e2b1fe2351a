import { findProductByReference } from "../store/catalogue.ts";
import { findCustomer } from "../store/customers.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";

/** The ids of a customer and a product that a list is filtered by. What does not exist stays as it is named, and matches nothing. */
export async function resolveFilters(
  db: Reader,
  partner: Pick<Partner, "id">,
  query: { readonly customer?: string | undefined; readonly product?: string | undefined },
): Promise<{ readonly customer: string | undefined; readonly product: string | undefined }> {
  return {
    customer:
      query.customer === undefined
        ? undefined
        : ((await findCustomer(db, partner.id, query.customer))?.id ?? query.customer),
    product:
      query.product === undefined
        ? undefined
        : ((await findProductByReference(db, query.product))?.id ?? query.product),
  };
}
