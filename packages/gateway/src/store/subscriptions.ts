import {
  toInstant,
  type CustomerId,
  type Instant,
  type PartnerTerms,
  type Subscription,
  type SubscriptionId,
} from "@evergate/core";
import { sql } from "kysely";
import type { PartnerId } from "../ids.ts";
import { compileOnce } from "./compile-once.ts";
import { insertRows } from "./insert-rows.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";
import { toSubscription, toSubscriptionRow } from "./subscription-row.ts";

const buildById = (db: Reader, { partner, id }: { partner: string; id: string }) =>
  db.selectFrom("subscriptions").selectAll().where("partner", "=", partner).where("id", "=", id);
const buildByExternalId = (
  db: Reader,
  { partner, externalId }: { partner: string; externalId: string },
) =>
  db
    .selectFrom("subscriptions")
    .selectAll()
    .where("partner", "=", partner)
    .where("external_id", "=", externalId);
const selectById = compileOnce(buildById);
const selectByIdForUpdate = compileOnce((db, parameters: { partner: string; id: string }) =>
  buildById(db, parameters).forUpdate(),
);
const selectByExternalId = compileOnce(buildByExternalId);
const selectByExternalIdForUpdate = compileOnce(
  (db, parameters: { partner: string; externalId: string }) =>
    buildByExternalId(db, parameters).forUpdate(),
);

/** A subscription by `sub_…` or `ext:<externalId>`. */
export async function findSubscription(
  db: Reader,
  partner: PartnerId,
  reference: string,
): Promise<Subscription | undefined> {
  const [row] = isExternal(reference)
    ? await selectByExternalId(db, { partner, externalId: toExternalId(reference) })
    : await selectById(db, { partner, id: reference });
  return row && toSubscription(row);
}

/** The same, locked: a subscription's own numbers (version, sequence) are given under this lock. */
export async function lockSubscription(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  reference: string,
): Promise<Subscription | undefined> {
  if (dialect === "sqlite") return findSubscription(tx, partner, reference);
  const [row] = isExternal(reference)
    ? await selectByExternalIdForUpdate(tx, { partner, externalId: toExternalId(reference) })
    : await selectByIdForUpdate(tx, { partner, id: reference });
  return row && toSubscription(row);
}

/** Those of some subscriptions that there are. */
export async function listSubscriptionsById(
  db: Reader,
  partner: PartnerId,
  ids: readonly SubscriptionId[],
): Promise<readonly Subscription[]> {
  const rows = await db
    .selectFrom("subscriptions")
    .selectAll()
    .where("partner", "=", partner)
    .where("id", "in", ids)
    .execute();
  return rows.map(toSubscription);
}

/** Writes subscriptions, new ones and changed ones alike. */
export async function writeSubscriptions(
  tx: Transaction,
  partner: PartnerId,
  terms: PartnerTerms,
  subscriptions: readonly Subscription[],
): Promise<void> {
  const rows = subscriptions.map((subscription) => toSubscriptionRow(partner, terms, subscription));
  await insertRows(tx, "subscriptions", rows, { key: ["partner", "id"], row: "is replaced" });
}

/** What falls due next for a partner by itself; null where nothing ever will. */
export interface NextDue {
  readonly subscription: Instant | null;
  /** The end of a prepaid licence is to be announced. */
  readonly notice: Instant | null;
}

const selectNextDue = compileOnce((db, { partner }: { partner: string }) =>
  db.selectNoFrom((from) => [
    from
      .selectFrom("subscriptions")
      .select("due_at")
      .where("partner", "=", partner)
      .where("due_at", "is not", null)
      .orderBy("due_at")
      .limit(1)
      .as("subscription"),
    from
      .selectFrom("prepaid_licences")
      .select("notice_due_at")
      .where("partner", "=", partner)
      .where("notice_due_at", "is not", null)
      .orderBy("notice_due_at")
      .limit(1)
      .as("notice"),
  ]),
);

/** Asked once for each chunk of the clockwork: one statement, a look into one index each. */
export async function findNextDue(db: Reader, partner: PartnerId): Promise<NextDue> {
  const [row] = await selectNextDue(db, { partner });
  return {
    subscription: toInstantOrNull(row?.subscription ?? null),
    notice: toInstantOrNull(row?.notice ?? null),
  };
}

function toInstantOrNull(value: number | null): Instant | null {
  return value === null ? null : toInstant(value);
}

/** A subscription that is still to begin with a product, by a start or by a scheduled change. */
export interface WaitingSubscription {
  readonly id: string;
  readonly customer: string;
  readonly product: string;
}

// In the words of the index subscriptions_waiting, which has nothing but these few: without it SQLite would read all of a partner's.
const isWaiting = sql<boolean>`(status = 'scheduled' or scheduled_product is not null)`;

/** What of these customers, up to 500, is still to begin with a product. */
export async function listWaitingSubscriptions(
  db: Reader,
  partner: PartnerId,
  customers: readonly CustomerId[],
): Promise<readonly WaitingSubscription[]> {
  return db
    .selectFrom("subscriptions")
    .select((select) => [
      "id",
      "customer",
      select.fn.coalesce("scheduled_product", "product").as("product"),
    ])
    .where(isWaiting)
    .where("partner", "=", partner)
    .where("customer", "in", [...customers])
    .execute();
}

/** Locks some subscriptions, up to 500, in the order of their ids. */
export async function lockSubscriptions(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  ids: readonly string[],
): Promise<Subscription[]> {
  const query = tx
    .selectFrom("subscriptions")
    .selectAll()
    .where("partner", "=", partner)
    .where("id", "in", [...ids])
    .orderBy("id");
  const rows = await (dialect === "postgres" ? query.forUpdate() : query).execute();
  return rows.map(toSubscription);
}

/** How many subscriptions have something due at or before `until`. */
export async function countDueSubscriptions(
  db: Reader,
  partner: PartnerId,
  until: Instant,
): Promise<number> {
  const { count } = await db
    .selectFrom("subscriptions")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("partner", "=", partner)
    .where("due_at", "<=", until)
    .executeTakeFirstOrThrow();
  return count;
}

/** Locks the subscriptions that fall due at or before `until`, the earliest first. */
export async function lockDueSubscriptions(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  until: Instant,
  limit: number,
): Promise<Subscription[]> {
  const query = tx
    .selectFrom("subscriptions")
    .selectAll()
    .where("partner", "=", partner)
    .where("due_at", "<=", until)
    .orderBy("due_at")
    .orderBy("id")
    .limit(limit);
  const rows = await (dialect === "postgres" ? query.forUpdate() : query).execute();
  return rows.map(toSubscription);
}

/** Where a walk through a partner's subscriptions has come to: they lie customer by customer. */
export interface SubscriptionPlace {
  readonly customer: string;
  readonly subscription: string;
}

/** Subscriptions that something will become of by itself, after a place, one customer's after another's: for what is to come (R23). */
export async function listRunningSubscriptions(
  db: Reader,
  partner: PartnerId,
  after: SubscriptionPlace | null,
  limit: number,
): Promise<Subscription[]> {
  let query = db
    .selectFrom("subscriptions")
    .selectAll()
    .where("partner", "=", partner)
    .where("due_at", "is not", null);
  if (after !== null)
    query = query.where((where) =>
      where(
        where.refTuple("customer", "id"),
        ">",
        where.tuple<string, string>(after.customer, after.subscription),
      ),
    );
  const rows = await query.orderBy("customer").orderBy("id").limit(limit).execute();
  return rows.map(toSubscription);
}

export interface SubscriptionFilter {
  readonly customer?: string | undefined;
  readonly product?: string | undefined;
  readonly status?: string | undefined;
}

export async function listSubscriptions(
  db: Reader,
  partner: PartnerId,
  filter: SubscriptionFilter,
  page: PageRequest,
): Promise<Page<Subscription>> {
  let query = db.selectFrom("subscriptions").selectAll().where("partner", "=", partner);
  if (filter.customer !== undefined) query = query.where("customer", "=", filter.customer);
  if (filter.product !== undefined) query = query.where("product", "=", filter.product);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  return listNewestFirst(query, "sub", page, toSubscription);
}

function isExternal(reference: string): boolean {
  return reference.startsWith("ext:");
}

function toExternalId(reference: string): string {
  return reference.slice("ext:".length);
}
