import type { components } from "../generated/api.ts";
import type { ActiveSubscriptionRow } from "./active-subscription-rows.ts";

type ProductTotal = components["schemas"]["ActiveProductTotal"];

/** The sums so far. Rows come customer by customer and subscription by subscription, so that the last of each is enough to count them. */
export interface ReportTotals {
  customerCount: number;
  subscriptionCount: number;
  readonly products: Map<string, ProductTotal>;
  last: ActiveSubscriptionRow | null;
}

export function startTotals(): ReportTotals {
  return { customerCount: 0, subscriptionCount: 0, products: new Map(), last: null };
}

export function addRow(totals: ReportTotals, row: ActiveSubscriptionRow): void {
  if (row.customer !== totals.last?.customer) totals.customerCount += 1;
  if (row.subscription !== totals.last?.subscription) totals.subscriptionCount += 1;
  totals.last = row;
  const { product, productCode, productName, unit, quantity } = row;
  const sum = totals.products.get(product) ?? {
    product,
    productCode,
    productName,
    unit,
    subscriptionCount: 0,
    quantity: 0,
    freeSubscriptionCount: 0,
    freeQuantity: 0,
  };
  totals.products.set(product, {
    ...sum,
    subscriptionCount: sum.subscriptionCount + 1,
    quantity: sum.quantity + quantity,
    freeSubscriptionCount: sum.freeSubscriptionCount + (row.isFree ? 1 : 0),
    freeQuantity: sum.freeQuantity + (row.isFree ? quantity : 0),
  });
}

/** By product code, as both databases would sort it. */
export function sortProducts({ products }: ReportTotals): readonly ProductTotal[] {
  return [...products.values()].toSorted((one, other) =>
    one.productCode < other.productCode ? -1 : 1,
  );
}
