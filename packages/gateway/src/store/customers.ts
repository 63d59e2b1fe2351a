import { toCustomerId, toInstant, type CustomerId, type Instant } from "@evergate/core";
import type { Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import { compileOnce } from "./compile-once.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { CustomerTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

export interface Customer {
  readonly id: CustomerId;
  readonly externalId: string | null;
  readonly name: string;
  readonly email: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: Instant;
}

const selectById = compileOnce((db, { partner, id }: { partner: string; id: string }) =>
  db.selectFrom("customers").selectAll().where("partner", "=", partner).where("id", "=", id),
);
const selectByExternalId = compileOnce(
  (db, { partner, externalId }: { partner: string; externalId: string }) =>
    db
      .selectFrom("customers")
      .selectAll()
      .where("partner", "=", partner)
      .where("external_id", "=", externalId),
);

/** A customer by `cus_…` or `ext:<externalId>`. */
export async function findCustomer(
  db: Reader,
  partner: PartnerId,
  reference: string,
): Promise<Customer | undefined> {
  const [row] = reference.startsWith("ext:")
    ? await selectByExternalId(db, { partner, externalId: reference.slice("ext:".length) })
    : await selectById(db, { partner, id: reference });
  return row && toCustomer(row);
}

/** The same, locked: of two who change it at once, the second sees what the first has made of it. */
export async function lockCustomer(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  reference: string,
): Promise<Customer | undefined> {
  const found = await findCustomer(tx, partner, reference);
  if (found === undefined || dialect === "sqlite") return found;
  const row = await tx
    .selectFrom("customers")
    .selectAll()
    .where("partner", "=", partner)
    .where("id", "=", found.id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row && toCustomer(row);
}

/** So many values stand in one statement's list. */
const listSize = 500;

/** The ids of the customers that these references name (`cus_…` or `ext:<externalId>`). What names nobody is missing. */
export async function findCustomerIds(
  db: Reader,
  partner: PartnerId,
  references: readonly string[],
): Promise<ReadonlyMap<string, CustomerId>> {
  const found = new Map<string, CustomerId>();
  for (let start = 0; start < references.length; start += listSize) {
    const part = references.slice(start, start + listSize);
    const externalIds = part.flatMap((reference) =>
      reference.startsWith("ext:") ? [reference.slice("ext:".length)] : [],
    );
    const rows = await db
      .selectFrom("customers")
      .select(["id", "external_id"])
      .where("partner", "=", partner)
      .where((where) =>
        // SQL has no empty lists.
        where.or([where("id", "in", part), where("external_id", "in", [...externalIds, ""])]),
      )
      .execute();
    for (const { id, external_id: externalId } of rows) {
      found.set(id, toCustomerId(id));
      if (externalId !== null) found.set(`ext:${externalId}`, toCustomerId(id));
    }
  }
  return found;
}

/** Locks customers, always in the order of their ids: two who lock some of the same never wait for each other. */
export async function lockCustomers(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  ids: readonly CustomerId[],
): Promise<void> {
  if (dialect === "sqlite") return;
  const sorted = ids.toSorted();
  for (let start = 0; start < sorted.length; start += listSize)
    await tx
      .selectFrom("customers")
      .select("id")
      .where("partner", "=", partner)
      .where("id", "in", sorted.slice(start, start + listSize))
      .orderBy("id")
      .forNoKeyUpdate()
      .execute();
}

export async function listCustomers(
  db: Reader,
  partner: PartnerId,
  page: PageRequest,
): Promise<Page<Customer>> {
  return listNewestFirst(
    db.selectFrom("customers").selectAll().where("partner", "=", partner),
    "cus",
    page,
    toCustomer,
  );
}

/** Names of customers, for a bill. */
export async function getCustomerNames(
  db: Reader,
  partner: PartnerId,
  ids: readonly CustomerId[],
): Promise<ReadonlyMap<CustomerId, string>> {
  const names = new Map<CustomerId, string>();
  for (let start = 0; start < ids.length; start += listSize) {
    const rows = await db
      .selectFrom("customers")
      .select(["id", "name"])
      .where("partner", "=", partner)
      .where("id", "in", ids.slice(start, start + listSize))
      .execute();
    for (const row of rows) names.set(toCustomerId(row.id), row.name);
  }
  return names;
}

export async function insertCustomer(
  tx: Transaction,
  partner: PartnerId,
  customer: Customer,
): Promise<void> {
  await tx
    .insertInto("customers")
    .values({
      partner,
      id: customer.id,
      external_id: customer.externalId,
      name: customer.name,
      email: customer.email,
      metadata: JSON.stringify(customer.metadata),
      created_at: customer.createdAt,
    })
    .execute();
}

export async function updateCustomer(
  tx: Transaction,
  partner: PartnerId,
  customer: Customer,
): Promise<void> {
  await tx
    .updateTable("customers")
    .set({
      external_id: customer.externalId,
      name: customer.name,
      email: customer.email,
      metadata: JSON.stringify(customer.metadata),
    })
    .where("partner", "=", partner)
    .where("id", "=", customer.id)
    .execute();
}

function toCustomer(row: Selectable<CustomerTable>): Customer {
  return {
    id: toCustomerId(row.id),
    externalId: row.external_id,
    name: row.name,
    email: row.email,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from a Customer
    metadata: JSON.parse(row.metadata) as Customer["metadata"],
    createdAt: toInstant(row.created_at),
  };
}
