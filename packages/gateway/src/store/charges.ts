import {
  computeAmount,
  billMonthOf,
  formatPercent,
  noDiscount,
  parsePercent,
  toAmount,
  toCustomerId,
  toInstant,
  toPriceId,
  toProductId,
  toSubscriptionId,
  toUnitPrice,
  type Amount,
  type BillLine,
  type Charge,
  type LocalDate,
  type Month,
  type Percent,
} from "@evergate/core";
import type { Selectable } from "kysely";
import { makeId, type PartnerId } from "../ids.ts";
import { insertRows } from "./insert-rows.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { ChargeTable } from "./schema.ts";
import type { Reader, Transaction } from "./store.ts";

/** A charge as it is kept: undiscounted until its bill fixes discount and amount. */
export interface StoredCharge extends Charge {
  readonly id: string;
  readonly discountPercent: Percent;
  readonly amount: Amount;
  readonly currency: string;
  readonly bill: string | null;
}

/** A charge that a period has just come to, with an id of its own. */
export function openCharge(charge: Charge, currency: string): StoredCharge {
  return {
    ...charge,
    id: makeId("charge"),
    discountPercent: noDiscount,
    amount: computeAmount({ ...charge, discountPercent: noDiscount }, currency),
    currency,
    bill: null,
  };
}

/** Inserts charges. The key (subscription, first day) makes each period charged once, whoever tries again (R16, R24). */
export async function insertCharges(
  tx: Transaction,
  partner: PartnerId,
  charges: readonly StoredCharge[],
): Promise<void> {
  await insertRows(
    tx,
    "charges",
    charges.map((charge) => ({
      partner,
      id: charge.id,
      subscription: charge.subscription,
      customer: charge.customer,
      product: charge.product,
      price: charge.price,
      period_starts_on: charge.period.startsOn,
      period_ends_on: charge.period.endsOn,
      month: billMonthOf(charge),
      quantity: charge.quantity,
      unit_price: charge.unitPrice,
      days_charged: charge.days?.charged ?? null,
      days_of: charge.days?.of ?? null,
      discount_percent: formatPercent(charge.discountPercent),
      amount: charge.amount.toString(),
      currency: charge.currency,
      bill: charge.bill,
      created_at: charge.createdAt,
    })),
  );
}

/** The month's charges that are on no bill yet, one subscription's after another (R20 counts them so). */
export async function listUnbilledCharges(
  db: Reader,
  partner: PartnerId,
  month: Month,
): Promise<StoredCharge[]> {
  const rows = await db
    .selectFrom("charges")
    .selectAll()
    .where("partner", "=", partner)
    .where("month", "=", month)
    .where("bill", "is", null)
    .orderBy("subscription")
    .orderBy("period_starts_on")
    .execute();
  return rows.map(toStoredCharge);
}

/** Puts the month's charges on their bill. */
export async function billCharges(
  tx: Transaction,
  partner: PartnerId,
  month: Month,
  bill: string,
  lines: readonly { id: string; line: BillLine }[],
): Promise<void> {
  await tx
    .updateTable("charges")
    .set({ bill })
    .where("partner", "=", partner)
    .where("month", "=", month)
    .where("bill", "is", null)
    .execute();
  for (const { id, line } of lines) {
    if (line.discountPercent === noDiscount) continue;
    await tx
      .updateTable("charges")
      .set({
        discount_percent: formatPercent(line.discountPercent),
        amount: line.amount.toString(),
      })
      .where("partner", "=", partner)
      .where("id", "=", id)
      .execute();
  }
}

export interface ChargeFilter {
  readonly month?: string | undefined;
  readonly customer?: string | undefined;
  readonly subscription?: string | undefined;
  readonly bill?: string | undefined;
}

export async function listCharges(
  db: Reader,
  partner: PartnerId,
  filter: ChargeFilter,
  page: PageRequest,
): Promise<Page<StoredCharge>> {
  let query = db.selectFrom("charges").selectAll().where("partner", "=", partner);
  if (filter.month !== undefined) query = query.where("month", "=", filter.month);
  if (filter.customer !== undefined) query = query.where("customer", "=", filter.customer);
  if (filter.subscription !== undefined)
    query = query.where("subscription", "=", filter.subscription);
  if (filter.bill !== undefined) query = query.where("bill", "=", filter.bill);
  return listNewestFirst(query, "charge", page, toStoredCharge);
}

function toStoredCharge(row: Selectable<ChargeTable>): StoredCharge {
  const discountPercent = parsePercent(row.discount_percent);
  if (discountPercent === null)
    throw new Error(`The discount of ${row.id} is no percentage: "${row.discount_percent}".`);
  /* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written from LocalDates */
  return {
    id: row.id,
    subscription: toSubscriptionId(row.subscription),
    customer: toCustomerId(row.customer),
    product: toProductId(row.product),
    price: toPriceId(row.price),
    quantity: row.quantity,
    unitPrice: toUnitPrice(BigInt(row.unit_price)),
    period: {
      startsOn: row.period_starts_on as LocalDate,
      endsOn: row.period_ends_on as LocalDate,
    },
    days:
      row.days_charged === null || row.days_of === null
        ? null
        : { charged: row.days_charged, of: row.days_of },
    createdAt: toInstant(row.created_at),
    discountPercent,
    amount: toAmount(BigInt(row.amount)),
    currency: row.currency,
    bill: row.bill,
  };
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}
