import {
  addAmounts,
  dayOf,
  formatAmount,
  formatPercent,
  formatPrice,
  noAmount,
  noDiscount,
  type Amount,
} from "@evergate/core";
import type { Document } from "../contract/operation.ts";
import { writePdf } from "../documents/pdf.ts";
import type { TableColumn, TableDocument, TableItem } from "../documents/table-document.ts";
import {
  countUnits,
  describeDay,
  describeMonth,
  describePeriod,
  groupDigits,
} from "../documents/words.ts";
import type { Bill } from "../store/bills.ts";
import { streamNamedLines, type NamedLine } from "../store/line-names.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { describeParties, reverseChargeNote } from "./describe-party.ts";

/** A bill as PDF, made and sent page by page. The same bill is always the same file (R23). */
export function writeBillPdf(
  db: Reader,
  partner: Partner,
  bill: Bill,
): Document<"application/pdf"> {
  return writePdf(
    toBillDocument(partner, bill, streamNamedLines(db, partner.id, bill.month)),
    `bill-${bill.number}.pdf`,
    partner.id,
  );
}

/** A bill to print, from its lines in their order. */
export function toBillDocument(
  { terms, mode }: Pick<Partner, "terms" | "mode">,
  bill: Bill,
  lines: AsyncIterable<readonly NamedLine[]>,
): TableDocument {
  const { currency } = bill;
  const bankAccount = bill.supplier?.bankAccount ?? null;
  const show = (amount: Amount): string => groupDigits(formatAmount(amount, currency));
  const total = { name: `Total, ${currency}`, value: show(bill.total), isStrong: true };
  return {
    title: `Bill ${bill.number}`,
    subtitle: describeMonth(bill.month),
    warning: mode === "live" ? undefined : "Test document of a sandbox: no bill to pay.",
    issuer: bill.supplier?.name ?? null,
    issuedAt: bill.issuedAt,
    parties: describeParties(bill.supplier, bill.recipient),
    facts: [
      { name: "Number", value: bill.number },
      { name: "Issued on", value: describeDay(dayOf(bill.issuedAt, terms.timeZone)) },
      { name: "Customers", value: groupDigits(String(bill.customerCount)) },
      { name: "Lines", value: groupDigits(String(bill.lineCount)) },
      total,
    ],
    columns: listLineColumns(currency),
    items: toLineItems(lines, toRow, ({ charge }) => charge.amount),
    totals: () => [
      { name: "Net", value: show(bill.net) },
      {
        name: bill.reverseCharge ? "Tax (reverse charge)" : `Tax ${bill.taxRate} %`,
        value: show(bill.tax),
      },
      total,
    ],
    notes: [
      ...(bill.reverseCharge ? [reverseChargeNote] : []),
      ...(bankAccount === null
        ? []
        : [`Bank account: ${bankAccount}. Payment reference: ${bill.number}.`]),
    ],
  };
}

/** The columns of {@link toRow}. */
function listLineColumns(currency: string): readonly TableColumn[] {
  return [
    { heading: "Product", width: null, align: "start" },
    { heading: "Period", width: 92, align: "start" },
    { heading: "Quantity", width: 62, align: "end" },
    { heading: "Unit price", width: 50, align: "end" },
    { heading: "Discount", width: 38, align: "end" },
    { heading: `Amount, ${currency}`, width: 66, align: "end" },
  ];
}

/** Lines that are ordered by customer, a section for each, with what it comes to. */
export async function* toLineItems<Line extends NamedLine>(
  batches: AsyncIterable<readonly Line[]>,
  toItem: (line: Line) => TableItem,
  amountOf: (line: Line) => Amount,
): AsyncGenerator<readonly TableItem[], void, void> {
  let customer: string | null = null;
  let subtotal: Amount = noAmount;
  let lineCount = 0;
  let currency = "";
  const close = (): TableItem => ({
    kind: "subtotal",
    name: `Subtotal, ${lineCount === 1 ? "1 line" : `${groupDigits(String(lineCount))} lines`}`,
    value: groupDigits(formatAmount(subtotal, currency)),
  });
  for await (const lines of batches) {
    const items: TableItem[] = [];
    for (const line of lines) {
      const { charge } = line;
      if (charge.customer !== customer) {
        if (customer !== null) items.push(close());
        items.push({
          kind: "section",
          title: line.customerName,
          detail: line.customerExternalId ?? charge.customer,
        });
        ({ customer, currency } = charge);
        subtotal = noAmount;
        lineCount = 0;
      }
      items.push(toItem(line));
      subtotal = addAmounts(subtotal, amountOf(line));
      lineCount += 1;
    }
    yield items;
  }
  if (customer !== null) yield [close()];
}

function toRow({ charge, ...names }: NamedLine): TableItem {
  const { currency, days, discountPercent } = charge;
  return {
    kind: "row",
    cells: [
      {
        text: names.productName,
        detail: `${names.productCode} · ${names.subscriptionExternalId ?? charge.subscription}`,
      },
      {
        text: describePeriod(charge.period),
        detail: days === null ? undefined : `${days.charged} of ${days.of} days`,
      },
      countUnits(charge.quantity, names.unit),
      groupDigits(formatPrice(charge.unitPrice, currency)),
      discountPercent === noDiscount ? "" : `${formatPercent(discountPercent)} %`,
      groupDigits(formatAmount(charge.amount, currency)),
    ],
  };
}
