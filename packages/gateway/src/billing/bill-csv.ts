import { formatAmount, formatPercent, formatPrice } from "@evergate/core";
import type { Document } from "../contract/operation.ts";
import { writeCsv, type CsvColumn } from "../documents/csv.ts";
import type { PartnerId } from "../ids.ts";
import type { Bill } from "../store/bills.ts";
import { streamNamedLines, type NamedLine } from "../store/line-names.ts";
import type { Reader } from "../store/store.ts";

/** All lines of a bill as CSV, read and written batch by batch. */
export function writeBillCsv(db: Reader, partner: PartnerId, bill: Bill): Document<"text/csv"> {
  return {
    mediaType: "text/csv",
    filename: `bill-${bill.number}.csv`,
    chunks: writeCsv(listColumns(bill), streamNamedLines(db, partner, bill.month)),
  };
}

/** The contract promises these names in this order (`listBillLines`); a new one goes to the end. */
const listColumns = (bill: Bill): readonly CsvColumn<NamedLine>[] => [
  { name: "billNumber", kind: "value", read: () => bill.number },
  { name: "month", kind: "value", read: () => bill.month },
  { name: "charge", kind: "value", read: ({ charge }) => charge.id },
  { name: "customer", kind: "value", read: ({ charge }) => charge.customer },
  { name: "customerExternalId", kind: "text", read: (line) => line.customerExternalId },
  { name: "customerName", kind: "text", read: (line) => line.customerName },
  { name: "subscription", kind: "value", read: ({ charge }) => charge.subscription },
  { name: "subscriptionExternalId", kind: "text", read: (line) => line.subscriptionExternalId },
  { name: "product", kind: "value", read: ({ charge }) => charge.product },
  { name: "productCode", kind: "text", read: (line) => line.productCode },
  { name: "productName", kind: "text", read: (line) => line.productName },
  { name: "unit", kind: "value", read: (line) => line.unit },
  { name: "periodStartsOn", kind: "value", read: ({ charge }) => charge.period.startsOn },
  { name: "periodEndsOn", kind: "value", read: ({ charge }) => charge.period.endsOn },
  { name: "quantity", kind: "value", read: ({ charge }) => charge.quantity },
  {
    name: "unitPrice",
    kind: "value",
    read: ({ charge }) => formatPrice(charge.unitPrice, charge.currency),
  },
  { name: "daysCharged", kind: "value", read: ({ charge }) => charge.days?.charged ?? null },
  { name: "daysOf", kind: "value", read: ({ charge }) => charge.days?.of ?? null },
  {
    name: "discountPercent",
    kind: "value",
    read: ({ charge }) => formatPercent(charge.discountPercent),
  },
  {
    name: "amount",
    kind: "value",
    read: ({ charge }) => formatAmount(charge.amount, charge.currency),
  },
  { name: "currency", kind: "value", read: ({ charge }) => charge.currency },
];
