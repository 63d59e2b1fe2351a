import { dayOf, settlesAt, toInstant, type Instant, type ReportSpan } from "@evergate/core";
import type { Document } from "../contract/operation.ts";
import { writePdf } from "../documents/pdf.ts";
import type {
  NamedValue,
  TableColumn,
  TableDocument,
  TableItem,
} from "../documents/table-document.ts";
import { countUnits, describeDay, describeMonth, groupDigits } from "../documents/words.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { streamRows, type ActiveSubscriptionRow } from "./active-subscription-rows.ts";
import type { ReportExtent } from "./report-month.ts";
import { addRow, sortProducts, startTotals, type ReportTotals } from "./report-totals.ts";

/** The report of a month (R25) as PDF, a section for each customer and totals by product, made and sent page by page. */
export function writeActiveSubscriptionsPdf(
  db: Reader,
  partner: Partner,
  span: ReportSpan,
  extent: ReportExtent,
): Document<"application/pdf"> {
  return writePdf(
    toReportDocument(partner, span, streamRows(db, partner, span, extent)),
    `active-subscriptions-${span.month}.pdf`,
    partner.id,
  );
}

/** The report to print, from its rows in their order. */
export function toReportDocument(
  partner: Pick<Partner, "id" | "name" | "terms">,
  span: ReportSpan,
  rows: AsyncIterable<readonly ActiveSubscriptionRow[]>,
): TableDocument {
  const { timeZone } = partner.terms;
  const totals = startTotals();
  const isOver = span.endsAt === settlesAt(span.month, timeZone);
  const lastAt = toInstant(span.endsAt - 1);
  return {
    title: `Subscriptions in service, ${describeMonth(span.month)}`,
    issuer: null,
    issuedAt: isOver ? span.endsAt : lastAt,
    parties: [{ heading: "Partner", lines: [partner.name, partner.id] }],
    facts: [
      { name: isOver ? "Until" : "So far, until", value: describeInstant(lastAt, timeZone) },
      { name: "Time zone", value: timeZone },
    ],
    columns: listColumns(isOver),
    items: toItems(rows, totals),
    totals: () => listTotals(totals),
    notes: [
      "Quantity is the largest with which a subscription was in service in the month, in its trial too. A subscription that changed its product has a row for each.",
    ],
  };
}

function listColumns(isOver: boolean): readonly TableColumn[] {
  return [
    { heading: "Product", width: null, align: "start" },
    { heading: "Quantity", width: 90, align: "end" },
    { heading: "Days", width: 40, align: "end" },
    { heading: isOver ? "Status at the end" : "Status now", width: 110, align: "start" },
  ];
}

/** Rows that are ordered by customer, a section for each. */
async function* toItems(
  batches: AsyncIterable<readonly ActiveSubscriptionRow[]>,
  totals: ReportTotals,
): AsyncGenerator<readonly TableItem[], void, void> {
  let customer: string | null = null;
  let before = 0;
  const close = (): TableItem => ({
    kind: "subtotal",
    name: "In service",
    value: countSubscriptions(totals.subscriptionCount - before),
  });
  for await (const rows of batches) {
    const items: TableItem[] = [];
    for (const row of rows) {
      if (row.customer !== customer) {
        if (customer !== null) items.push(close());
        items.push({
          kind: "section",
          title: row.customerName,
          detail: row.customerExternalId ?? row.customer,
        });
        ({ customer } = row);
        before = totals.subscriptionCount;
      }
      addRow(totals, row);
      items.push(toRow(row));
    }
    yield items;
  }
  if (customer !== null) yield [close()];
}

function toRow(row: ActiveSubscriptionRow): TableItem {
  return {
    kind: "row",
    cells: [
      {
        text: row.productName,
        detail: `${row.productCode} · ${row.subscriptionExternalId ?? row.subscription}`,
      },
      countUnits(row.quantity, row.unit),
      String(row.daysInService),
      {
        text: row.isCurrent ? row.status : "product changed",
        detail: row.isFree ? "free" : undefined,
      },
    ],
  };
}

function listTotals(totals: ReportTotals): readonly NamedValue[] {
  const values: NamedValue[] = [];
  for (const sum of sortProducts(totals)) {
    const { unit } = sum;
    values.push({
      name: `${sum.productCode}, ${countSubscriptions(sum.subscriptionCount)}`,
      value: countUnits(sum.quantity, unit),
    });
    if (sum.freeSubscriptionCount > 0)
      values.push({
        name: `of which free, ${countSubscriptions(sum.freeSubscriptionCount)}`,
        value: countUnits(sum.freeQuantity, unit),
      });
  }
  const { customerCount, subscriptionCount } = totals;
  values.push(
    { name: "Customers", value: groupDigits(String(customerCount)), isStrong: true },
    { name: "Subscriptions", value: groupDigits(String(subscriptionCount)), isStrong: true },
  );
  return values;
}

function countSubscriptions(count: number): string {
  return count === 1 ? "1 subscription" : `${groupDigits(String(count))} subscriptions`;
}

/** "31 December 2026, 23:59". */
function describeInstant(at: Instant, timeZone: string): string {
  const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const time = [hour, minute].map((part) => String(part).padStart(2, "0")).join(":");
  return `${describeDay(dayOf(at, timeZone))}, ${time}`;
}
