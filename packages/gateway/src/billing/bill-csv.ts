import { formatAmount, formatPercent, formatPrice } from "@evergate/core";
import type { Document } from "../contract/operation.ts";
import { chargeColumns } from "./charge-columns.ts";
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
  ...chargeColumns,
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
