import type { ProductId, ReportSpan } from "@evergate/core";
import type { components } from "../generated/api.ts";
import { findProduct, type StoredProduct } from "../store/catalogue.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { reportMonth, type ReportedSubscription, type ReportExtent } from "./report-month.ts";

export type ActiveSubscriptionRow = components["schemas"]["ActiveSubscriptionRow"];

/** The report of a month (R25) as rows, one for each product with which a subscription was in service. */
export async function* streamRows(
  db: Reader,
  partner: Partner,
  span: ReportSpan,
  extent: ReportExtent,
): AsyncGenerator<readonly ActiveSubscriptionRow[], void, void> {
  const productOf = lookUpProducts(db);
  for await (const batch of reportMonth(db, partner, span, extent)) {
    const rows: ActiveSubscriptionRow[] = [];
    for (const reported of batch)
      for (const service of reported.report.products)
        rows.push(toRow(reported, service, await productOf(service.product)));
    yield rows;
  }
}

function toRow(
  { id, externalId, customer, report }: ReportedSubscription,
  service: ReportedSubscription["report"]["products"][number],
  product: StoredProduct,
): ActiveSubscriptionRow {
  return {
    customer: customer.id,
    customerExternalId: customer.externalId,
    customerName: customer.name,
    subscription: id,
    subscriptionExternalId: externalId,
    product: product.id,
    productCode: product.code,
    productName: product.name,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract has checked it as it came in
    unit: product.unit as ActiveSubscriptionRow["unit"],
    quantity: service.quantity,
    daysInService: service.daysInService,
    isFree: service.isFree,
    isCurrent: service.isCurrent,
    status: report.status,
  };
}

/** Each product is read once: a partner sells few. */
function lookUpProducts(db: Reader): (id: ProductId) => Promise<StoredProduct> {
  const known = new Map<ProductId, StoredProduct>();
  return async (id) => {
    const product = known.get(id) ?? (await findProduct(db, id));
    if (product === undefined)
      throw new Error(`A subscription was for ${id}, which is not stored.`);
    known.set(id, product);
    return product;
  };
}
