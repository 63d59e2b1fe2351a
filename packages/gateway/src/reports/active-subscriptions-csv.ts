import type { ReportSpan } from "@evergate/core";
import type { Document } from "../contract/operation.ts";
import { writeCsv, type CsvColumn } from "../documents/csv.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { streamRows, type ActiveSubscriptionRow } from "./active-subscription-rows.ts";
import type { ReportExtent } from "./report-month.ts";

/** The report of a month (R25) as CSV, read and written batch by batch. */
export function writeActiveSubscriptionsCsv(
  db: Reader,
  partner: Partner,
  span: ReportSpan,
  extent: ReportExtent,
): Document<"text/csv"> {
  return {
    mediaType: "text/csv",
    filename: `active-subscriptions-${span.month}.csv`,
    chunks: writeCsv(listColumns(span.month), streamRows(db, partner, span, extent)),
  };
}

/** The contract promises these names in this order (`listActiveSubscriptions`); a new one goes to the end. */
function listColumns(month: string): readonly CsvColumn<ActiveSubscriptionRow>[] {
  return [
    { name: "month", kind: "value", read: () => month },
    { name: "customer", kind: "value", read: (row) => row.customer },
    { name: "customerExternalId", kind: "text", read: (row) => row.customerExternalId },
    { name: "customerName", kind: "text", read: (row) => row.customerName },
    { name: "subscription", kind: "value", read: (row) => row.subscription },
    { name: "subscriptionExternalId", kind: "text", read: (row) => row.subscriptionExternalId },
    { name: "product", kind: "value", read: (row) => row.product },
    { name: "productCode", kind: "text", read: (row) => row.productCode },
    { name: "productName", kind: "text", read: (row) => row.productName },
    { name: "unit", kind: "value", read: (row) => row.unit },
    { name: "quantity", kind: "value", read: (row) => row.quantity },
    { name: "daysInService", kind: "value", read: (row) => row.daysInService },
    { name: "isFree", kind: "value", read: (row) => String(row.isFree) },
    { name: "isCurrent", kind: "value", read: (row) => String(row.isCurrent) },
    { name: "status", kind: "value", read: (row) => row.status },
  ];
}
