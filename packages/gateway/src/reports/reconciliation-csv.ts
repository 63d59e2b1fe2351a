import type { Month } from "@evergate/core";
import type { Document } from "../contract/operation.ts";
import { writeCsv, type CsvColumn } from "../documents/csv.ts";
import type { PartnerId } from "../ids.ts";
import { streamReconciledCharges } from "../store/reconciliation.ts";
import type { Reader } from "../store/store.ts";
import { toReconciliationRow, type ReconciliationRow } from "./reconciliation-row.ts";

/** All charges of a month as CSV, read and written batch by batch. */
export function writeReconciliationCsv(
  db: Reader,
  partner: PartnerId,
  month: Month,
): Document<"text/csv"> {
  return {
    mediaType: "text/csv",
    filename: `reconciliation-${month}.csv`,
    chunks: writeCsv(columns, readRows(db, partner, month)),
  };
}

async function* readRows(
  db: Reader,
  partner: PartnerId,
  month: Month,
): AsyncGenerator<readonly ReconciliationRow[], void, void> {
  for await (const charges of streamReconciledCharges(db, partner, month))
    yield charges.map((one) => toReconciliationRow(one, month));
}

/** The contract promises these names in this order (`listReconciliation`); a new one goes to the end. */
const columns: readonly CsvColumn<ReconciliationRow>[] = [
  { name: "charge", kind: "value", read: (row) => row.charge },
  { name: "month", kind: "value", read: (row) => row.month },
  { name: "bill", kind: "value", read: (row) => row.bill },
  { name: "billNumber", kind: "value", read: (row) => row.billNumber },
  { name: "customer", kind: "value", read: (row) => row.customer },
  { name: "customerExternalId", kind: "text", read: (row) => row.customerExternalId },
  { name: "customerName", kind: "text", read: (row) => row.customerName },
  { name: "subscription", kind: "value", read: (row) => row.subscription },
  { name: "subscriptionExternalId", kind: "text", read: (row) => row.subscriptionExternalId },
  { name: "product", kind: "value", read: (row) => row.product },
  { name: "productCode", kind: "text", read: (row) => row.productCode },
  { name: "periodStartsOn", kind: "value", read: (row) => row.periodStartsOn },
  { name: "periodEndsOn", kind: "value", read: (row) => row.periodEndsOn },
  { name: "quantity", kind: "value", read: (row) => row.quantity },
  { name: "unitPrice", kind: "value", read: (row) => row.unitPrice },
  { name: "daysCharged", kind: "value", read: (row) => row.daysCharged },
  { name: "daysOf", kind: "value", read: (row) => row.daysOf },
  { name: "discountPercent", kind: "value", read: (row) => row.discountPercent },
  { name: "amount", kind: "value", read: (row) => row.amount },
  { name: "currency", kind: "value", read: (row) => row.currency },
];
