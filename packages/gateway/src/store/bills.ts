import { toAmount, toInstant, type Amount, type Instant, type Month } from "@evergate/core";
import { sql, type Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import { parseParty, type Party } from "./parties.ts";
import type { Partner } from "./partners.ts";
import type { BillTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

/** A bill; once made it never changes (R23). */
export interface Bill {
  readonly id: string;
  readonly number: string;
  readonly month: Month;
  readonly currency: string;
  readonly net: Amount;
  readonly taxRate: string;
  readonly tax: Amount;
  readonly total: Amount;
  readonly reverseCharge: boolean;
  /** Null where the gateway had not been told of the operator's company. */
  readonly supplier: Party | null;
  readonly recipient: Party;
  readonly lineCount: number;
  readonly customerCount: number;
  readonly issuedAt: Instant;
}

/** Whose number it is: live partners share a series, a sandbox has its own, whose numbers say so. */
export type Numbered = Pick<Partner, "id" | "mode">;

/** Takes the partner's next bill number, such as `2026-000123`, or `TEST-2026-000123` of a sandbox. */
export function takeBillNumber(tx: Transaction, partner: Numbered, year: string): Promise<string> {
  return takeNumber(tx, partner, year, { series: "", mark: "" });
}

/** Takes the next number of a kind of document. Whoever takes one holds the series until its transaction ends, so there is no gap. */
export async function takeNumber(
  tx: Transaction,
  partner: Numbered,
  year: string,
  kind: { readonly series: string; readonly mark: string },
): Promise<string> {
  const isLive = partner.mode === "live";
  const series = `${kind.series}${isLive ? "live" : partner.id}`;
  const { last_number } = await tx
    .insertInto("bill_series")
    .values({ series, year, last_number: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(["series", "year"])
        .doUpdateSet({ last_number: sql<number>`bill_series.last_number + 1` }),
    )
    .returning("last_number")
    .executeTakeFirstOrThrow();
  return `${isLive ? "" : "TEST-"}${kind.mark}${year}-${String(last_number).padStart(6, "0")}`;
}

export async function insertBill(tx: Transaction, partner: PartnerId, bill: Bill): Promise<void> {
  await tx
    .insertInto("bills")
    .values({
      partner,
      id: bill.id,
      number: bill.number,
      month: bill.month,
      currency: bill.currency,
      net: bill.net.toString(),
      tax_rate: bill.taxRate,
      tax: bill.tax.toString(),
      total: bill.total.toString(),
      reverse_charge: bill.reverseCharge ? 1 : 0,
      supplier: bill.supplier === null ? null : JSON.stringify(bill.supplier),
      recipient: JSON.stringify(bill.recipient),
      line_count: bill.lineCount,
      customer_count: bill.customerCount,
      issued_at: bill.issuedAt,
    })
    .execute();
}

export async function findBill(
  db: Reader,
  partner: PartnerId,
  id: string,
): Promise<Bill | undefined> {
  const row = await db
    .selectFrom("bills")
    .selectAll()
    .where("partner", "=", partner)
    .where("id", "=", id)
    .executeTakeFirst();
  return row && toBill(row);
}

/** Locks a bill against other credit notes for it. */
export async function lockBill(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  id: string,
): Promise<Bill | undefined> {
  const query = tx
    .selectFrom("bills")
    .selectAll()
    .where("partner", "=", partner)
    .where("id", "=", id);
  const row = await (dialect === "postgres" ? query.forNoKeyUpdate() : query).executeTakeFirst();
  return row && toBill(row);
}

export async function listBills(
  db: Reader,
  partner: PartnerId,
  filter: { readonly month?: string | undefined },
  page: PageRequest,
): Promise<Page<Bill>> {
  const query = db.selectFrom("bills").selectAll().where("partner", "=", partner);
  return listNewestFirst(
    filter.month === undefined ? query : query.where("month", "=", filter.month),
    "bill",
    page,
    toBill,
  );
}

function toBill(row: Selectable<BillTable>): Bill {
  /* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written by insertBill */
  return {
    id: row.id,
    number: row.number,
    month: row.month as Month,
    currency: row.currency,
    net: toAmount(BigInt(row.net)),
    taxRate: row.tax_rate,
    tax: toAmount(BigInt(row.tax)),
    total: toAmount(BigInt(row.total)),
    reverseCharge: row.reverse_charge === 1,
    supplier: row.supplier === null ? null : parseParty(row.supplier),
    recipient: parseParty(row.recipient),
    lineCount: row.line_count,
    customerCount: row.customer_count,
    issuedAt: toInstant(row.issued_at),
  };
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}
