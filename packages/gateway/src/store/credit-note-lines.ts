import { noAmount, subtractAmounts, toAmount, type Amount } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { listBillLines } from "./bill-lines.ts";
import { selectCharges, toStoredCharge, type StoredCharge } from "./charges.ts";
import { getCredited, type CreditNote } from "./credit-notes.ts";
import { nameLines, type NamedLine } from "./line-names.ts";
import { limitOf, UnknownCursorError, type Page, type PageRequest } from "./page.ts";
import type { Reader } from "./store.ts";

/** What a credit note takes back of a charge. */
export interface CreditNoteLine {
  readonly charge: StoredCharge;
  readonly amount: Amount;
}

/** A page of a credit note's lines, in the order in which they stand on the bill. The cursor is the last charge's id. */
export async function listCreditNoteLines(
  db: Reader,
  partner: PartnerId,
  note: CreditNote,
  page: PageRequest,
): Promise<Page<CreditNoteLine>> {
  return note.isWhole ? listRest(db, partner, note, page) : listNamed(db, partner, note, page);
}

/** A line with what people call the things on it. */
export type NamedCreditLine = NamedLine & Pick<CreditNoteLine, "amount">;

/** So many lines are in memory at once while all of them are walked through. */
const batchSize = 500;

/** All lines of a credit note in their order, in batches, with their names. */
export async function* streamCreditNoteLines(
  db: Reader,
  partner: PartnerId,
  note: CreditNote,
): AsyncGenerator<readonly NamedCreditLine[], void, void> {
  let after: string | undefined;
  do {
    const { data, nextCursor }: Page<CreditNoteLine> = await listCreditNoteLines(
      db,
      partner,
      note,
      { limit: batchSize, after },
    );
    const charges = data.map(({ charge }) => charge);
    const named = await nameLines(db, partner, note.bill.month, charges);
    const amounts = new Map(data.map(({ charge, amount }) => [charge.id, amount]));
    // The named lines were made just now: nobody else sees them change.
    yield named.map((line) =>
      Object.assign(line, { amount: amounts.get(line.charge.id) ?? noAmount }),
    );
    after = nextCursor ?? undefined;
  } while (after !== undefined);
}

/**
 * The lines of the note that took back the whole rest are not stored: they are what the others, which came before it,
 * had left of each charge. The bill's lines are read until the page is full, without those of which nothing was left:
 * to leave them out in the query misled PostgreSQL, without statistics, to look through all of them for each line.
 */
async function listRest(
  db: Reader,
  partner: PartnerId,
  { bill }: CreditNote,
  page: PageRequest,
): Promise<Page<CreditNoteLine>> {
  const limit = limitOf(page);
  const found: CreditNoteLine[] = [];
  let after: string | null | undefined = page.after;
  while (after !== null && found.length <= limit) {
    const batch: Page<StoredCharge> = await listBillLines(db, partner, bill.month, {
      // The first batch nearly always fills the page.
      limit: found.length === 0 && after === page.after ? limit + 1 : batchSize,
      after,
    });
    const credited = await getCredited(
      db,
      partner,
      batch.data.map(({ id }) => id),
    );
    for (const charge of batch.data) {
      const before = credited.get(charge.id);
      if (before !== charge.amount)
        found.push({ charge, amount: subtractAmounts(charge.amount, before ?? noAmount) });
    }
    after = batch.nextCursor;
  }
  const shown = found.slice(0, limit);
  return {
    data: shown,
    nextCursor: found.length > limit ? (shown.at(-1)?.charge.id ?? null) : null,
  };
}

async function listNamed(
  db: Reader,
  partner: PartnerId,
  note: CreditNote,
  page: PageRequest,
): Promise<Page<CreditNoteLine>> {
  const after = page.after === undefined ? 0 : await getPosition(db, partner, note, page.after);
  const rows = await selectCharges(db, partner)
    .innerJoin("credit_note_lines as line", (join) =>
      join.onRef("line.partner", "=", "charges.partner").onRef("line.charge", "=", "charges.id"),
    )
    .select("line.amount as credited_amount")
    .where("line.credit_note", "=", note.id)
    .where("line.position", ">", after)
    .orderBy("line.position")
    .limit(limitOf(page) + 1)
    .execute();
  const shown = rows.slice(0, limitOf(page)).map((row) => ({
    charge: toStoredCharge(row),
    amount: toAmount(BigInt(row.credited_amount)),
  }));
  return {
    data: shown,
    nextCursor: rows.length > shown.length ? (shown.at(-1)?.charge.id ?? null) : null,
  };
}

async function getPosition(
  db: Reader,
  partner: PartnerId,
  { id }: CreditNote,
  charge: string,
): Promise<number> {
  const row = await db
    .selectFrom("credit_note_lines")
    .select("position")
    .where("partner", "=", partner)
    .where("credit_note", "=", id)
    .where("charge", "=", charge)
    .executeTakeFirst();
  if (row === undefined)
    throw new UnknownCursorError("has to be the nextCursor of the page before");
  return row.position;
}
