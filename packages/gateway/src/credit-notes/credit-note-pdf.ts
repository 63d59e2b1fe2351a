import { dayOf, formatAmount, type Amount } from "@evergate/core";
import { describeParties, reverseChargeNote } from "../billing/describe-party.ts";
import { toLineItems } from "../billing/bill-pdf.ts";
import type { Document } from "../contract/operation.ts";
import { writePdf } from "../documents/pdf.ts";
import type { TableDocument, TableItem } from "../documents/table-document.ts";
import {
  countUnits,
  describeDay,
  describeMonth,
  describePeriod,
  groupDigits,
} from "../documents/words.ts";
import { streamCreditNoteLines, type NamedCreditLine } from "../store/credit-note-lines.ts";
import type { CreditNote } from "../store/credit-notes.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";

/** A credit note as PDF, made and sent page by page. The same credit note is always the same file. */
export function writeCreditNotePdf(
  db: Reader,
  partner: Partner,
  note: CreditNote,
): Document<"application/pdf"> {
  return writePdf(
    toCreditNoteDocument(partner, note, streamCreditNoteLines(db, partner.id, note)),
    `credit-note-${note.number}.pdf`,
    partner.id,
  );
}

function toCreditNoteDocument(
  { terms, mode }: Partner,
  note: CreditNote,
  lines: AsyncIterable<readonly NamedCreditLine[]>,
): TableDocument {
  const { bill } = note;
  const show = (amount: Amount): string => groupDigits(formatAmount(amount, bill.currency));
  const total = {
    name: `Total credited, ${bill.currency}`,
    value: show(note.total),
    isStrong: true,
  };
  return {
    title: `Credit note ${note.number}`,
    subtitle: `For bill ${bill.number}, ${describeMonth(bill.month)}`,
    warning: mode === "live" ? undefined : "Test document of a sandbox: it credits nothing.",
    issuer: bill.supplier?.name ?? null,
    issuedAt: note.issuedAt,
    parties: describeParties(bill.supplier, bill.recipient),
    facts: [
      { name: "Number", value: note.number },
      { name: "Issued on", value: describeDay(dayOf(note.issuedAt, terms.timeZone)) },
      { name: "Credits the bill", value: bill.number },
      { name: "Lines", value: groupDigits(String(note.lineCount)) },
      total,
    ],
    columns: [
      { heading: "Product", width: null, align: "start" },
      { heading: "Period", width: 92, align: "start" },
      { heading: "Quantity", width: 62, align: "end" },
      { heading: `Billed, ${bill.currency}`, width: 66, align: "end" },
      { heading: `Credited, ${bill.currency}`, width: 72, align: "end" },
    ],
    items: toLineItems(lines, toRow, ({ amount }) => amount),
    totals: () => [
      { name: "Net credited", value: show(note.net) },
      {
        name: bill.reverseCharge ? "Tax (reverse charge)" : `Tax ${bill.taxRate} %`,
        value: show(note.tax),
      },
      total,
    ],
    notes: [`Reason: ${note.reason}`, ...(bill.reverseCharge ? [reverseChargeNote] : [])],
  };
}

function toRow({ charge, amount, ...names }: NamedCreditLine): TableItem {
  return {
    kind: "row",
    cells: [
      {
        text: names.productName,
        detail: `${names.productCode} · ${names.subscriptionExternalId ?? charge.subscription}`,
      },
      describePeriod(charge.period),
      countUnits(charge.quantity, names.unit),
      groupDigits(formatAmount(charge.amount, charge.currency)),
      groupDigits(formatAmount(amount, charge.currency)),
    ],
  };
}
