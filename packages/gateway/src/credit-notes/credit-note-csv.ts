import { formatAmount } from "@evergate/core";
import type { Document } from "../contract/operation.ts";
import { chargeColumns } from "../billing/charge-columns.ts";
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
  ...chargeColumns,
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
