import { toAmount, toCustomerId, type Amount, type CustomerId, type Month } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { insertRows } from "./insert-rows.ts";
import { limitOf, UnknownCursorError, type Page, type PageRequest } from "./page.ts";
import type { Reader, Transaction } from "./store.ts";

/** What a customer's charges on a bill come to. */
export interface BillCustomer {
  readonly customer: CustomerId;
  /** The name that it had when the bill was made. */
  readonly name: string;
  readonly net: Amount;
  readonly lineCount: number;
}

/** The order of names that both databases keep: byte by byte, of the name without its marks and capitals. */
export function toSortKey(name: string): string {
  return name
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .toLowerCase();
}

export async function insertBillCustomers(
  tx: Transaction,
  partner: PartnerId,
  month: Month,
  customers: readonly BillCustomer[],
): Promise<void> {
  await insertRows(
    tx,
    "bill_customers",
    customers.map(({ customer, name, net, lineCount }) => ({
      partner,
      month,
      customer,
      name,
      sort_key: toSortKey(name),
      net: net.toString(),
      line_count: lineCount,
    })),
  );
}

/** A page of the customers of a month's bill, in the order of their names. The cursor is the last customer's id. */
export async function listBillCustomers(
  db: Reader,
  partner: PartnerId,
  month: Month,
  page: PageRequest,
): Promise<Page<BillCustomer>> {
  let query = db
    .selectFrom("bill_customers")
    .select(["customer", "name", "net", "line_count"])
    .where("partner", "=", partner)
    .where("month", "=", month);
  if (page.after !== undefined) {
    const after = await getSortKey(db, partner, month, page.after);
    query = query.where((where) =>
      where(where.refTuple("sort_key", "customer"), ">", where.tuple(after, page.after ?? "")),
    );
  }
  const rows = await query
    .orderBy("sort_key")
    .orderBy("customer")
    .limit(limitOf(page) + 1)
    .execute();
  const shown = rows.slice(0, limitOf(page)).map((row) => ({
    customer: toCustomerId(row.customer),
    name: row.name,
    net: toAmount(BigInt(row.net)),
    lineCount: row.line_count,
  }));
  return {
    data: shown,
    nextCursor: rows.length > shown.length ? (shown.at(-1)?.customer ?? null) : null,
  };
}

/** Where a customer stands among the names of a bill. Throws {@link UnknownCursorError} for one that isn't on it. */
export async function getSortKey(
  db: Reader,
  partner: PartnerId,
  month: Month,
  customer: string,
): Promise<string> {
  const row = await db
    .selectFrom("bill_customers")
    .select("sort_key")
    .where("partner", "=", partner)
    .where("month", "=", month)
    .where("customer", "=", customer)
    .executeTakeFirst();
  if (row === undefined)
    throw new UnknownCursorError("has to be the nextCursor of the page before");
  return row.sort_key;
}
