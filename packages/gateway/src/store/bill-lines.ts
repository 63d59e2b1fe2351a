import type { Month } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { getSortKey } from "./bill-customers.ts";
import { selectCharges, toStoredCharge, type StoredCharge } from "./charges.ts";
import { limitOf, UnknownCursorError, type Page, type PageRequest } from "./page.ts";
import type { Reader } from "./store.ts";

/** So many lines are in memory at once while a whole bill is walked through. */
const batchSize = 500;

/**
 * A page of a bill's lines in the order in which they stand on it: by the customer's name, then subscription, then period.
 * The order never changes, for nothing that it is made of does. The cursor is the last charge's id.
 */
export async function listBillLines(
  db: Reader,
  partner: PartnerId,
  month: Month,
  page: PageRequest,
): Promise<Page<StoredCharge>> {
  const limit = limitOf(page);
  const after = page.after === undefined ? null : await getLine(db, partner, month, page.after);
  const lines = await listLinesAfter(db, partner, month, after, limit + 1);
  const shown = lines.slice(0, limit);
  return {
    data: shown,
    nextCursor: lines.length > limit ? (shown.at(-1)?.id ?? null) : null,
  };
}

/** All lines of a bill in their order, in batches. */
export async function* streamBillLines(
  db: Reader,
  partner: PartnerId,
  month: Month,
): AsyncGenerator<readonly StoredCharge[], void, void> {
  let after: StoredCharge | null = null;
  for (;;) {
    const lines: readonly StoredCharge[] = await listLinesAfter(
      db,
      partner,
      month,
      after,
      batchSize,
    );
    if (lines.length > 0) yield lines;
    const last = lines.at(-1);
    if (last === undefined || lines.length < batchSize) return;
    after = last;
  }
}

async function listLinesAfter(
  db: Reader,
  partner: PartnerId,
  month: Month,
  after: StoredCharge | null,
  limit: number,
): Promise<StoredCharge[]> {
  const rest = after === null ? [] : await listRestOfCustomer(db, partner, month, after, limit);
  if (rest.length === limit) return rest;
  return [...rest, ...(await listOfNext(db, partner, month, after, limit - rest.length))];
}

/** What is left of the customer amid whose lines the place is. */
async function listRestOfCustomer(
  db: Reader,
  partner: PartnerId,
  month: Month,
  after: StoredCharge,
  limit: number,
): Promise<StoredCharge[]> {
  const rows = await selectCharges(db, partner)
    .where("month", "=", month)
    .where("customer", "=", after.customer)
    .where((where) =>
      where(
        where.refTuple("subscription", "period_starts_on"),
        ">",
        where.tuple<string, string>(after.subscription, after.period.startsOn),
      ),
    )
    .orderBy("subscription")
    .orderBy("period_starts_on")
    .limit(limit)
    .execute();
  return rows.map(toStoredCharge);
}

/** The lines of the customers whose names follow. */
async function listOfNext(
  db: Reader,
  partner: PartnerId,
  month: Month,
  after: StoredCharge | null,
  limit: number,
): Promise<StoredCharge[]> {
  let query = db
    .selectFrom("bill_customers as section")
    .innerJoin("charges", (join) =>
      join
        .onRef("charges.partner", "=", "section.partner")
        .onRef("charges.month", "=", "section.month")
        .onRef("charges.customer", "=", "section.customer"),
    )
    .innerJoin("bills", (join) =>
      join
        .onRef("bills.partner", "=", "section.partner")
        .onRef("bills.month", "=", "section.month"),
    )
    .selectAll("charges")
    .select("bills.id as bill")
    .where("section.partner", "=", partner)
    .where("section.month", "=", month);
  if (after !== null) {
    const sortKey = await getSortKey(db, partner, month, after.customer);
    query = query.where((where) =>
      where(
        where.refTuple("section.sort_key", "section.customer"),
        ">",
        where.tuple<string, string>(sortKey, after.customer),
      ),
    );
  }
  const rows = await query
    .orderBy("section.sort_key")
    .orderBy("section.customer")
    .orderBy("charges.subscription")
    .orderBy("charges.period_starts_on")
    .limit(limit)
    .execute();
  return rows.map(toStoredCharge);
}

/** Some charges of a month's bill, in the order in which they stand on it. Those that aren't on it are left out. */
export async function findBillLines(
  db: Reader,
  partner: PartnerId,
  month: Month,
  charges: readonly string[],
): Promise<StoredCharge[]> {
  const rows = await selectCharges(db, partner)
    .innerJoin("bill_customers as section", (join) =>
      join
        .onRef("section.partner", "=", "charges.partner")
        .onRef("section.month", "=", "charges.month")
        .onRef("section.customer", "=", "charges.customer"),
    )
    .where("charges.month", "=", month)
    .where("charges.id", "in", charges)
    .orderBy("section.sort_key")
    .orderBy("section.customer")
    .orderBy("charges.subscription")
    .orderBy("charges.period_starts_on")
    .execute();
  return rows.map(toStoredCharge);
}

async function getLine(
  db: Reader,
  partner: PartnerId,
  month: Month,
  id: string,
): Promise<StoredCharge> {
  const row = await selectCharges(db, partner)
    .where("id", "=", id)
    .where("month", "=", month)
    .executeTakeFirst();
  if (row === undefined)
    throw new UnknownCursorError("has to be the nextCursor of the page before");
  return toStoredCharge(row);
}
