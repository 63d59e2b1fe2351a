import type { Bill, Charge } from "@evergate/sdk";
import type { Reason } from "../stories/story.ts";
import type { Names } from "./names.ts";
import { breakLines, getWidth, paint } from "./screen.ts";
import { renderTable, type Column } from "./table.ts";

/** A bill and what it consists of. */
export interface BillWithLines {
  readonly bill: Bill;
  readonly lines: readonly Charge[];
}

const columns: readonly Column[] = [
  { title: "Customer" },
  { title: "Product" },
  { title: "Units", align: "right" },
  { title: "× Price", align: "right" },
  { title: "× Days", align: "right" },
  { title: "− Discount", align: "right" },
  { title: "= Amount", align: "right" },
];

/** A bill as a table whose amounts can be checked by hand, its total, and why its surprising figures are right. */
export function renderBill(
  { bill, lines }: BillWithLines,
  reasons: readonly Reason[],
  names: Names,
): string {
  const rows = bill.customers.flatMap(({ customer, name }) =>
    lines
      .filter((line) => line.customer === customer)
      .map((line) => [names.codeOf(line.product), line] as const)
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([code, line], index) => [
        index === 0 ? name : "",
        code,
        String(line.quantity),
        line.unitPrice,
        line.days === null ? "" : `${line.days.charged}/${line.days.of}`,
        line.discountPercent === "0" ? "" : `${line.discountPercent} %`,
        line.amount,
      ]),
  );
  const title = `${paint("bold", nameMonth(bill.month))}  bill ${bill.number}`;
  const total = `Net ${bill.net} + ${bill.taxRate} % tax ${bill.tax} = ${paint("bold", `${bill.total} ${bill.currency}`)}`;
  return [
    `  ${title}`,
    renderTable(columns, rows, 4),
    `    ${total}`,
    ...reasons.flatMap(renderReason),
  ].join("\n");
}

function renderReason({ rule, says }: Reason): readonly string[] {
  return breakLines(says, getWidth() - 9).map((line, index) =>
    index === 0 ? `    ${paint("yellow", rule)}  ${line}` : `         ${line}`,
  );
}

function nameMonth(month: string): string {
  return Temporal.PlainDate.from(`${month}-01`).toLocaleString("en", {
    month: "long",
    year: "numeric",
  });
}
