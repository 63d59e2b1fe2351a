import type { CsvColumn } from "../documents/csv.ts";
import type { NamedLine } from "../store/line-names.ts";

/** What was charged to whom, with all ids: the columns that a bill's lines and a credit note's have in common, in their promised order. */
export const chargeColumns: readonly CsvColumn<NamedLine>[] = [
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
];
