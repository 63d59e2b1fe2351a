import {
  toCustomerId,
  toInstant,
  toPrepaidLicenceId,
  toProductId,
  type CustomerId,
  type Instant,
  type LocalDate,
  type PrepaidLicence,
  type PrepaidSpan,
  type ProductId,
} from "@evergate/core";
import type { Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import { compileOnce } from "./compile-once.ts";
import { insertRows } from "./insert-rows.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { PrepaidLicenceTable } from "./schema.ts";
import type { Reader, Transaction } from "./store.ts";

/** A customer can hold so many licences of one product that have not ended: to look them all up costs every request something. */
export const maximumOpenLicences = 100;

const selectById = compileOnce((db, { partner, id }: { partner: string; id: string }) =>
  db.selectFrom("prepaid_licences").selectAll().where("partner", "=", partner).where("id", "=", id),
);
const selectByExternalId = compileOnce(
  (db, { partner, externalId }: { partner: string; externalId: string }) =>
    db
      .selectFrom("prepaid_licences")
      .selectAll()
      .where("partner", "=", partner)
      .where("external_id", "=", externalId),
);
const selectOpenSpans = compileOnce(
  (db, p: { partner: string; customer: string; product: string; today: string }) =>
    db
      .selectFrom("prepaid_licences")
      .select(["starts_on", "ends_on"])
      .where("partner", "=", p.partner)
      .where("customer", "=", p.customer)
      .where("product", "=", p.product)
      .where("ends_on", ">=", p.today)
      .limit(maximumOpenLicences),
);

/** A prepaid licence by `prepaid_…` or `ext:<externalId>`. */
export async function findPrepaidLicence(
  db: Reader,
  partner: PartnerId,
  reference: string,
): Promise<PrepaidLicence | undefined> {
  const [row] = reference.startsWith("ext:")
    ? await selectByExternalId(db, { partner, externalId: reference.slice("ext:".length) })
    : await selectById(db, { partner, id: reference });
  return row && toPrepaidLicence(row);
}

/** The days of a customer's licences for a product that have not ended by `today`. */
export async function listOpenSpans(
  db: Reader,
  partner: PartnerId,
  customer: CustomerId,
  product: ProductId,
  today: LocalDate,
): Promise<readonly PrepaidSpan[]> {
  const rows = await selectOpenSpans(db, { partner, customer, product, today });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from a PrepaidLicence
  return rows.map((row) => ({ startsOn: row.starts_on, endsOn: row.ends_on }) as PrepaidSpan);
}

/** How many licences that have not ended by `today` each of these customers holds of each product; up to 500 customers. */
export async function countOpenLicences(
  db: Reader,
  partner: PartnerId,
  customers: readonly CustomerId[],
  today: LocalDate,
): Promise<
  readonly { readonly customer: string; readonly product: string; readonly count: number }[]
> {
  const rows = await db
    .selectFrom("prepaid_licences")
    .select(({ fn }) => ["customer", "product", fn.countAll().as("count")])
    .where("partner", "=", partner)
    .where("customer", "in", [...customers])
    .where("ends_on", ">=", today)
    .groupBy(["customer", "product"])
    .execute();
  return rows.map(({ customer, product, count }) => ({ customer, product, count: Number(count) }));
}

/** Which of these external ids are taken already; up to 500. */
export async function findTakenExternalIds(
  db: Reader,
  partner: PartnerId,
  externalIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("prepaid_licences")
    .select("external_id")
    .where("partner", "=", partner)
    .where("external_id", "in", [...externalIds])
    .execute();
  return new Set(rows.map((row) => row.external_id ?? ""));
}

export interface PrepaidLicenceFilter {
  readonly customer?: string | undefined;
  readonly product?: string | undefined;
}

export async function listPrepaidLicences(
  db: Reader,
  partner: PartnerId,
  filter: PrepaidLicenceFilter,
  page: PageRequest,
): Promise<Page<PrepaidLicence>> {
  let query = db.selectFrom("prepaid_licences").selectAll().where("partner", "=", partner);
  if (filter.customer !== undefined) query = query.where("customer", "=", filter.customer);
  if (filter.product !== undefined) query = query.where("product", "=", filter.product);
  return listNewestFirst(query, "prepaid", page, toPrepaidLicence);
}

export async function insertPrepaidLicences(
  tx: Transaction,
  partner: PartnerId,
  licences: readonly PrepaidLicence[],
): Promise<void> {
  await insertRows(
    tx,
    "prepaid_licences",
    licences.map((licence) => ({
      partner,
      id: licence.id,
      external_id: licence.externalId,
      customer: licence.customer,
      product: licence.product,
      quantity: licence.quantity,
      starts_on: licence.startsOn,
      ends_on: licence.endsOn,
      notice_due_at: licence.noticeDueAt,
      created_at: licence.createdAt,
    })),
  );
}

/** Saves what can change of a licence. */
export async function updatePrepaidLicence(
  tx: Transaction,
  partner: PartnerId,
  licence: PrepaidLicence,
): Promise<void> {
  await tx
    .updateTable("prepaid_licences")
    .set({
      external_id: licence.externalId,
      quantity: licence.quantity,
      ends_on: licence.endsOn,
      notice_due_at: licence.noticeDueAt,
    })
    .where("partner", "=", partner)
    .where("id", "=", licence.id)
    .execute();
}

export async function deletePrepaidLicence(
  tx: Transaction,
  partner: PartnerId,
  id: PrepaidLicence["id"],
): Promise<void> {
  await tx
    .deleteFrom("prepaid_licences")
    .where("partner", "=", partner)
    .where("id", "=", id)
    .execute();
}

/** Takes licences whose end is to be announced at or before `at`, in the order of their ids: each is given once. */
export async function takeDueNotices(
  tx: Transaction,
  partner: PartnerId,
  at: Instant,
  limit: number,
): Promise<readonly PrepaidLicence[]> {
  const rows = await tx
    .selectFrom("prepaid_licences")
    .selectAll()
    .where("partner", "=", partner)
    .where("notice_due_at", "<=", at)
    .orderBy("notice_due_at")
    .orderBy("id")
    .limit(limit)
    .execute();
  const licences = rows.map(toPrepaidLicence);
  if (licences.length > 0)
    await tx
      .updateTable("prepaid_licences")
      .set({ notice_due_at: null })
      .where("partner", "=", partner)
      .where(
        "id",
        "in",
        licences.map(({ id }) => id),
      )
      .execute();
  return licences;
}

function toPrepaidLicence(row: Selectable<PrepaidLicenceTable>): PrepaidLicence {
  /* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written from a PrepaidLicence */
  return {
    id: toPrepaidLicenceId(row.id),
    externalId: row.external_id,
    customer: toCustomerId(row.customer),
    product: toProductId(row.product),
    quantity: row.quantity,
    startsOn: row.starts_on as LocalDate,
    endsOn: row.ends_on as LocalDate,
    noticeDueAt: row.notice_due_at === null ? null : toInstant(row.notice_due_at),
    createdAt: toInstant(row.created_at),
  };
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}
