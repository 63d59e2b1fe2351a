import { formatInstant, settlesAt, type Instant, type ReportSpan } from "@evergate/core";
import type { PartnerReadRoom } from "../app/room.ts";
import { streamRows } from "./active-subscription-rows.ts";
import { readSpan } from "./read-month.ts";
import { addRow, sortProducts, startTotals } from "./report-totals.ts";

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
