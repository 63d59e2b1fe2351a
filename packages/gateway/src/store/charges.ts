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
  type Charge,
  type LocalDate,
  type Month,
  type Percent,
  type SubscriptionId,
} from "@evergate/core";
import type { Selectable, SelectQueryBuilder } from "kysely";
import { makeId, type PartnerId } from "../ids.ts";
import { insertRows } from "./insert-rows.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { ChargeTable, Database } from "./schema.ts";
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
    charges.map((charge) => toChargeRow(partner, charge)),
  );
}

/** Fixes discount and amount of charges whose month is being settled. */
export async function updateCharges(
  tx: Transaction,
  partner: PartnerId,
  charges: readonly StoredCharge[],
): Promise<void> {
  await insertRows(
    tx,
    "charges",
    charges.map((charge) => toChargeRow(partner, charge)),
    { key: ["partner", "id"], row: "is replaced" },
  );
}

/** Where a walk through a month's charges has come to: they lie customer by customer, subscription by subscription. */
export interface ChargePlace {
  readonly customer: string;
  readonly subscription: string;
  readonly startsOn: string;
}

/** The month's charges after a place, one customer's and one subscription's after another (R20 counts them so). */
export async function listChargesFrom(
  db: Reader,
  partner: PartnerId,
  month: Month,
  after: ChargePlace | null,
  limit: number,
): Promise<StoredCharge[]> {
  let query = selectCharges(db, partner).where("month", "=", month);
  if (after !== null)
    query = query.where((where) =>
      where(
        where.refTuple("customer", "subscription", "period_starts_on"),
        ">",
        where.tuple(after.customer, after.subscription, after.startsOn),
      ),
    );
  const rows = await query
    .orderBy("customer")
    .orderBy("subscription")
    .orderBy("period_starts_on")
    .limit(limit)
    .execute();
  return rows.map(toStoredCharge);
}

/** A subscription's charges on the bills of a month and those after it. */
export async function listChargesOf(
  db: Reader,
  partner: PartnerId,
  subscription: SubscriptionId,
  from: Month,
): Promise<StoredCharge[]> {
  const rows = await selectCharges(db, partner)
    .where("subscription", "=", subscription)
    .where("month", ">=", from)
    .orderBy("period_starts_on")
    .execute();
  return rows.map(toStoredCharge);
}

export async function countCharges(db: Reader, partner: PartnerId, month: Month): Promise<number> {
  const { count } = await db
    .selectFrom("charges")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("partner", "=", partner)
    .where("month", "=", month)
    .executeTakeFirstOrThrow();
  return count;
}

export async function findCharge(
  db: Reader,
  partner: PartnerId,
  id: string,
): Promise<StoredCharge | undefined> {
  const row = await selectCharges(db, partner).where("id", "=", id).executeTakeFirst();
  return row && toStoredCharge(row);
}

export interface ChargeFilter {
  readonly month?: string | undefined;
  readonly customer?: string | undefined;
  readonly subscription?: string | undefined;
}

export async function listCharges(
  db: Reader,
  partner: PartnerId,
  filter: ChargeFilter,
  page: PageRequest,
): Promise<Page<StoredCharge>> {
  let query = selectCharges(db, partner);
  if (filter.month !== undefined) query = query.where("month", "=", filter.month);
  if (filter.customer !== undefined) query = query.where("customer", "=", filter.customer);
  if (filter.subscription !== undefined)
    query = query.where("subscription", "=", filter.subscription);
  return listNewestFirst(query, "charge", page, toStoredCharge);
}

/** A partner's charges, each with the bill of its month: there is one at most (R22, R24), so that nothing has to say it twice. */
export function selectCharges(
  db: Reader,
  partner: PartnerId,
): SelectQueryBuilder<Database, "charges", ChargeRow> {
  return db
    .selectFrom("charges")
    .selectAll("charges")
    .select((select) =>
      select
        .selectFrom("bills")
        .select("bills.id")
        .whereRef("bills.partner", "=", "charges.partner")
        .whereRef("bills.month", "=", "charges.month")
        .as("bill"),
    )
    .where("charges.partner", "=", partner);
}

/** A charge's row together with the bill that it is on. */
type ChargeRow = Selectable<ChargeTable> & { readonly bill: string | null };

function toChargeRow(partner: PartnerId, charge: StoredCharge) {
  return {
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
    created_at: charge.createdAt,
  };
}

export function toStoredCharge(row: ChargeRow): StoredCharge {
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
