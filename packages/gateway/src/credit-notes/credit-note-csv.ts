import { formatAmount } from "@evergate/core";
import type { Document } from "../contract/operation.ts";
import { writeCsv, type CsvColumn } from "../documents/csv.ts";
import type { PartnerId } from "../ids.ts";
import { streamCreditNoteLines, type NamedCreditLine } from "../store/credit-note-lines.ts";
import type { CreditNote } from "../store/credit-notes.ts";
import type { Reader } from "../store/store.ts";

/** All lines of a credit note as CSV, read and written batch by batch. */
export function writeCreditNoteCsv(
  db: Reader,
  partner: PartnerId,
  note: CreditNote,
): Document<"text/csv"> {
  return {
    mediaType: "text/csv",
    filename: `credit-note-${note.number}.csv`,
    chunks: writeCsv(listColumns(note), streamCreditNoteLines(db, partner, note)),
  };
}

/** The contract promises these names in this order; a new one goes to the end. */
const listColumns = ({ number, bill }: CreditNote): readonly CsvColumn<NamedCreditLine>[] => [
  { name: "creditNoteNumber", kind: "value", read: () => number },
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
    name: "billed",
    kind: "value",
    read: ({ charge }) => formatAmount(charge.amount, charge.currency),
  },
  {
    name: "amount",
    kind: "value",
    read: ({ charge, amount }) => formatAmount(amount, charge.currency),
  },
  { name: "currency", kind: "value", read: ({ charge }) => charge.currency },
];
