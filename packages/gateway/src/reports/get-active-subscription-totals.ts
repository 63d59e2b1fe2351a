import { formatInstant, settlesAt, type Instant, type ReportSpan } from "@evergate/core";
import type { PartnerReadRoom } from "../app/room.ts";
import type { components } from "../generated/api.ts";
import { streamRows, type ActiveSubscriptionRow } from "./active-subscription-rows.ts";
import { readSpan } from "./read-month.ts";

type ProductTotal = components["schemas"]["ActiveProductTotal"];

/** As many as the contract says; `productCount` tells of more. */
const maximumProducts = 1_000;

/** Adds up the report of a month's subscriptions (R25). */
export const getActiveSubscriptionTotals: PartnerReadRoom<"getActiveSubscriptionTotals"> = async (
  { query },
  { db, partner, at },
) => {
  const span = readSpan(query.month, partner, at);
  if ("refused" in span) return span;
  const totals = startTotals();
  for await (const rows of streamRows(db, partner, span, { from: null }))
    for (const row of rows) addRow(totals, row);
  return {
    status: 200,
    body: {
      ...toWireSpan(span, partner.terms.timeZone, at),
      customerCount: totals.customerCount,
      subscriptionCount: totals.subscriptionCount,
      productCount: totals.products.size,
      products: sortProducts(totals).slice(0, maximumProducts),
    },
  };
};

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

function toWireSpan({ month, startsAt }: ReportSpan, timeZone: string, now: Instant) {
  const endsAt = settlesAt(month, timeZone);
  const isOver = endsAt <= now;
  return {
    month,
    startsAt: formatInstant(startsAt),
    endsAt: formatInstant(isOver ? endsAt : now),
    isOver,
  };
}
