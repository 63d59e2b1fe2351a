import { toAmount, toInstant, type Amount, type Instant, type Month } from "@evergate/core";
import type { SelectQueryBuilder } from "kysely";
import type { PartnerId } from "../ids.ts";
import { takeNumber, type Bill, type Numbered } from "./bills.ts";
import { insertRows } from "./insert-rows.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import { parseParty } from "./parties.ts";
import type { Database } from "./schema.ts";
import type { Reader, Transaction } from "./store.ts";

/** What was taken back of a bill; once made it never changes (R30). */
export interface CreditNote {
  readonly id: string;
  readonly number: string;
  readonly bill: Pick<
    Bill,
    "id" | "number" | "month" | "currency" | "taxRate" | "reverseCharge" | "supplier" | "recipient"
  >;
  /** 1, 2, 3 … of the bill's credit notes. */
  readonly position: number;
  readonly net: Amount;
  readonly tax: Amount;
  readonly total: Amount;
  /** What this one and those before it have taken back of the bill's net. */
  readonly creditedNet: Amount;
  /** Whether it takes back all that was left. Then it is the bill's last, and its lines are not stored. */
  readonly isWhole: boolean;
  readonly lineCount: number;
  readonly reason: string;
  readonly issuedAt: Instant;
}

/** Takes the next number of the credit notes' own series, such as `CN-2026-000123`, or `TEST-CN-2026-000123` of a sandbox. */
export function takeCreditNoteNumber(
  tx: Transaction,
  partner: Numbered,
  year: string,
): Promise<string> {
  return takeNumber(tx, partner, year, { series: "credit notes ", mark: "CN-" });
}

/** Fails with a unique violation where another has taken the position meanwhile. */
export async function insertCreditNote(
  tx: Transaction,
  partner: PartnerId,
  note: CreditNote,
): Promise<void> {
  await tx
    .insertInto("credit_notes")
    .values({
      partner,
      id: note.id,
      bill: note.bill.id,
      position: note.position,
      number: note.number,
      net: note.net.toString(),
      tax: note.tax.toString(),
      total: note.total.toString(),
      credited_net: note.creditedNet.toString(),
      is_whole: note.isWhole ? 1 : 0,
      line_count: note.lineCount,
      reason: note.reason,
      issued_at: note.issuedAt,
    })
    .execute();
}

/** A line as it is stored: what is taken back of a charge, and how much of it that makes by now. */
export interface NewCreditLine {
  readonly charge: string;
  readonly amount: Amount;
  readonly credited: Amount;
  readonly isComplete: boolean;
}

/** Stores the lines of a credit note in their order, and what they leave of their charges. */
export async function insertCreditNoteLines(
  tx: Transaction,
  partner: PartnerId,
  note: Pick<CreditNote, "id" | "bill">,
  lines: readonly NewCreditLine[],
): Promise<void> {
  await insertRows(
    tx,
    "credit_note_lines",
    lines.map(({ charge, amount }, index) => ({
      partner,
      credit_note: note.id,
      position: index + 1,
      charge,
      amount: amount.toString(),
    })),
  );
  await insertRows(
    tx,
    "charge_credits",
    lines.map(({ charge, credited, isComplete }) => ({
      partner,
      charge,
      month: note.bill.month,
      credited: credited.toString(),
      is_complete: isComplete ? 1 : 0,
    })),
    { key: ["partner", "charge"], row: "is replaced" },
  );
}

/** How much of each of some charges has been taken back line by line; of those not in it nothing. */
export async function getCredited(
  db: Reader,
  partner: PartnerId,
  charges: readonly string[],
): Promise<ReadonlyMap<string, Amount>> {
  if (charges.length === 0) return new Map();
  const rows = await db
    .selectFrom("charge_credits")
    .select(["charge", "credited"])
    .where("partner", "=", partner)
    .where("charge", "in", charges)
    .execute();
  return new Map(rows.map(({ charge, credited }) => [charge, toAmount(BigInt(credited))]));
}

/** How many charges of a month's bill have been taken back in full line by line. */
export async function countCompleteCredits(
  db: Reader,
  partner: PartnerId,
  month: Month,
): Promise<number> {
  const { count } = await db
    .selectFrom("charge_credits")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("partner", "=", partner)
    .where("month", "=", month)
    .where("is_complete", "=", 1)
    .executeTakeFirstOrThrow();
  return count;
}

export async function findCreditNote(
  db: Reader,
  partner: PartnerId,
  id: string,
): Promise<CreditNote | undefined> {
  const row = await selectCreditNotes(db, partner)
    .where("credit_notes.id", "=", id)
    .executeTakeFirst();
  return row && toCreditNote(row);
}

/** The last of a bill's credit notes. */
export async function findLastCreditNote(
  db: Reader,
  partner: PartnerId,
  bill: string,
): Promise<CreditNote | undefined> {
  const row = await selectCreditNotes(db, partner)
    .where("credit_notes.bill", "=", bill)
    .orderBy("credit_notes.position", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && toCreditNote(row);
}

export async function listCreditNotes(
  db: Reader,
  partner: PartnerId,
  filter: { readonly bill?: string | undefined },
  page: PageRequest,
): Promise<Page<CreditNote>> {
  const query = selectCreditNotes(db, partner);
  return listNewestFirst(
    filter.bill === undefined ? query : query.where("credit_notes.bill", "=", filter.bill),
    "credit",
    page,
    toCreditNote,
  );
}

interface CreditNoteRow {
  id: string;
  number: string;
  position: number;
  net: string;
  tax: string;
  total: string;
  credited_net: string;
  is_whole: number;
  line_count: number;
  reason: string;
  issued_at: number;
  bill: string;
  bill_number: string;
  month: string;
  currency: string;
  tax_rate: string;
  reverse_charge: number;
  supplier: string | null;
  recipient: string;
}

/** The bill's columns are named apart, so that a list can speak of the credit note's own by their bare names. */
function selectCreditNotes(
  db: Reader,
  partner: PartnerId,
): SelectQueryBuilder<Database, "credit_notes", CreditNoteRow> {
  return db
    .selectFrom("credit_notes")
    .innerJoin(
      (bills) =>
        bills
          .selectFrom("bills")
          .select([
            "bills.partner as bill_partner",
            "bills.id as bill_id",
            "bills.number as bill_number",
            "bills.month",
            "bills.currency",
            "bills.tax_rate",
            "bills.reverse_charge",
            "bills.supplier",
            "bills.recipient",
          ])
          .as("billed"),
      (join) =>
        join
          .onRef("billed.bill_partner", "=", "credit_notes.partner")
          .onRef("billed.bill_id", "=", "credit_notes.bill"),
    )
    .select([
      "credit_notes.id",
      "credit_notes.number",
      "credit_notes.position",
      "credit_notes.net",
      "credit_notes.tax",
      "credit_notes.total",
      "credit_notes.credited_net",
      "credit_notes.is_whole",
      "credit_notes.line_count",
      "credit_notes.reason",
      "credit_notes.issued_at",
      "credit_notes.bill",
      "billed.bill_number",
      "billed.month",
      "billed.currency",
      "billed.tax_rate",
      "billed.reverse_charge",
      "billed.supplier",
      "billed.recipient",
    ])
    .where("credit_notes.partner", "=", partner);
}

function toCreditNote(row: CreditNoteRow): CreditNote {
  return {
    id: row.id,
    number: row.number,
    bill: {
      id: row.bill,
      number: row.bill_number,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row was written from a Bill
      month: row.month as Month,
      currency: row.currency,
      taxRate: row.tax_rate,
      reverseCharge: row.reverse_charge === 1,
      supplier: row.supplier === null ? null : parseParty(row.supplier),
      recipient: parseParty(row.recipient),
    },
    position: row.position,
    net: toAmount(BigInt(row.net)),
    tax: toAmount(BigInt(row.tax)),
    total: toAmount(BigInt(row.total)),
    creditedNet: toAmount(BigInt(row.credited_net)),
    isWhole: row.is_whole === 1,
    lineCount: row.line_count,
    reason: row.reason,
    issuedAt: toInstant(row.issued_at),
  };
}
