/** What endpoints report of the events that they got: awaited from when the event is queued, then applied or rejected. */
import { toInstant, type Instant } from "@evergate/core";
import type { ExpressionBuilder, Selectable } from "kysely";
import { makeId, type PartnerId } from "../ids.ts";
import { compileOnce } from "./compile-once.ts";
import { insertRows } from "./insert-rows.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { Database, EventPlaceTable, ProvisioningTable, ReceiptTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

export type ReceiptStatus = "pending" | "overdue" | "applied" | "rejected";

export interface Receipt {
  readonly id: string;
  readonly event: string;
  readonly eventType: string;
  readonly endpoint: string;
  /** Whose event it is; null where it is of something else than a subscription. */
  readonly subscription: string | null;
  readonly status: ReceiptStatus;
  readonly detail: string | null;
  readonly expectedAt: Instant;
  readonly dueAt: Instant;
  /** When the present status was reported; null where none was. */
  readonly answeredAt: Instant | null;
}

/** A receipt that an endpoint owes from now on. */
export interface NewReceipt {
  readonly event: string;
  readonly endpoint: string;
  /** The subscription that is provisioned once the event is applied; null where the event changes none. */
  readonly provisions: string | null;
  readonly dueAt: Instant;
}

/**
 * Stores what is awaited, in the order in which the events happened; of one subscription the last one given decides.
 * What an endpoint was asked before, and has perhaps reported, stays as it is.
 */
export async function insertReceipts(
  tx: Transaction,
  partner: PartnerId,
  receipts: readonly NewReceipt[],
  now: Instant,
): Promise<void> {
  if (receipts.length === 0) return;
  await insertRows(
    tx,
    "receipts",
    receipts.map(({ event, endpoint, dueAt }) => ({
      partner,
      id: makeId("receipt"),
      event,
      endpoint,
      status: "pending",
      detail: null,
      expected_at: now,
      due_at: dueAt,
      answered_at: null,
    })),
    { key: ["partner", "event", "endpoint"], row: "stays" },
  );
  const newest = new Map<string, ProvisioningTable>();
  for (const { endpoint, provisions: subscription, event } of receipts)
    if (subscription !== null)
      newest.set(`${endpoint} ${subscription}`, { partner, endpoint, subscription, event });
  await insertRows(tx, "provisionings", [...newest.values()], {
    key: ["partner", "endpoint", "subscription"],
    row: "is replaced",
  });
}

/** All that is owed of some events, by whatever endpoint; nobody else changes it until the transaction ends. */
export async function lockReceiptsOfEvents(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  events: readonly string[],
): Promise<readonly Receipt[]> {
  if (events.length === 0) return [];
  // Looked up apart: for the sake of their order SQLite would read all of the partner's.
  const ids = tx
    .selectFrom("receipts")
    .select("id")
    .where("partner", "=", partner)
    .where("event", "in", events);
  return lock(tx, dialect, partner, (where) => where("receipts.id", "in", ids));
}

/** Those of the receipts that are pending still, locked. */
export async function lockPendingReceipts(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  ids: readonly string[],
): Promise<readonly Receipt[]> {
  if (ids.length === 0) return [];
  return lock(tx, dialect, partner, (where) =>
    where.and([where("receipts.id", "in", [...ids]), where("receipts.status", "=", "pending")]),
  );
}

/** Always in the order of their ids, so that two who lock some of the same never wait for each other. */
async function lock(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  which: (
    where: ExpressionBuilder<Database, "receipts">,
  ) => ReturnType<ExpressionBuilder<Database, "receipts">["and"]>,
): Promise<readonly Receipt[]> {
  const query = selectReceipts(tx, partner).where(which).orderBy("receipts.id");
  const rows = await (dialect === "postgres" ? query.forNoKeyUpdate("receipts") : query).execute();
  return rows.map(toReceipt);
}

/** Saves what locked receipts have become. */
export async function updateReceipts(
  tx: Transaction,
  partner: PartnerId,
  receipts: readonly Receipt[],
): Promise<void> {
  await insertRows(
    tx,
    "receipts",
    receipts.map((receipt) => ({
      partner,
      id: receipt.id,
      event: receipt.event,
      endpoint: receipt.endpoint,
      status: receipt.status,
      detail: receipt.detail,
      expected_at: receipt.expectedAt,
      due_at: receipt.dueAt,
      answered_at: receipt.answeredAt,
    })),
    { key: ["partner", "id"], row: "is replaced" },
  );
}

/** Takes receipts back that nobody owes any more. */
export async function deleteReceipts(
  tx: Transaction,
  partner: PartnerId,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await tx.deleteFrom("receipts").where("partner", "=", partner).where("id", "in", ids).execute();
}

export interface ReceiptFilter {
  readonly status?: ReceiptStatus | undefined;
  readonly event?: string | undefined;
}

/** A page of the partner's receipts, newest first. */
export async function listReceipts(
  db: Reader,
  partner: PartnerId,
  filter: ReceiptFilter,
  page: PageRequest,
): Promise<Page<Receipt>> {
  let query = db.selectFrom("receipts").select("id").where("partner", "=", partner);
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  // An event has few: they are looked up first, as SQLite would rather read all of the partner's in their order.
  if (filter.event !== undefined)
    query = query.where(
      "id",
      "in",
      db
        .selectFrom("receipts")
        .select("id")
        .where("partner", "=", partner)
        .where("event", "=", filter.event),
    );
  const { data: ids, nextCursor } = await listNewestFirst(query, "receipt", page, ({ id }) => id);
  const rows =
    ids.length === 0
      ? []
      : await selectReceipts(db, partner)
          .where("receipts.id", "in", ids)
          .orderBy("receipts.id", "desc")
          .execute();
  return { data: rows.map(toReceipt), nextCursor };
}

/** Receipts of all partners that should have come by now, the longest due first. */
export async function listDueReceipts(
  db: Reader,
  now: Instant,
  limit: number,
): Promise<readonly { readonly partner: string; readonly id: string }[]> {
  return db
    .selectFrom("receipts")
    .select(["partner", "id"])
    .where("status", "=", "pending")
    .where("due_at", "<=", now)
    .orderBy("due_at")
    .limit(limit)
    .execute();
}

/** Ids of receipts that an endpoint still owes, and was asked for until the given instant. */
export async function listOpenReceipts(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  until: Instant,
  limit: number,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const status of ["pending", "overdue"]) {
    const rows = await tx
      .selectFrom("receipts")
      .select("id")
      .where("partner", "=", partner)
      .where("endpoint", "=", endpoint)
      .where("status", "=", status)
      .where("expected_at", "<=", until)
      .limit(limit - ids.length)
      .execute();
    ids.push(...rows.map(({ id }) => id));
  }
  return ids;
}

/** The receipt that decides, for one endpoint, whether a subscription is provisioned. */
export interface Provisioning {
  readonly subscription: string;
  readonly receipt: Receipt;
}

/** Of each of the subscriptions, what every endpoint that is asked for receipts owes or has reported of its newest event. */
export async function listProvisionings(
  db: Reader,
  partner: PartnerId,
  subscriptions: readonly string[],
): Promise<readonly Provisioning[]> {
  const [subscription] = subscriptions;
  if (subscription === undefined) return [];
  const rows =
    subscriptions.length === 1
      ? await selectProvisioningsOfOne(db, { partner, subscription })
      : await selectProvisionings(db, partner)
          .where("provisionings.subscription", "in", subscriptions)
          .execute();
  return rows.map((row) => ({ subscription: row.provisioned, receipt: toReceipt(row) }));
}

const selectProvisioningsOfOne = compileOnce(
  (db, { partner, subscription }: { partner: string; subscription: string }) =>
    selectProvisionings(db, partner).where("provisionings.subscription", "=", subscription),
);

function selectProvisionings(db: Reader, partner: string) {
  return selectReceipts(db, partner)
    .innerJoin("provisionings", (join) =>
      join
        .onRef("provisionings.partner", "=", "receipts.partner")
        .onRef("provisionings.endpoint", "=", "receipts.endpoint")
        .onRef("provisionings.event", "=", "receipts.event"),
    )
    .select("provisionings.subscription as provisioned")
    .where("provisionings.partner", "=", partner)
    .where("provisionings.endpoint", "in", (select) =>
      select
        .selectFrom("webhook_endpoints")
        .select("id")
        .where("partner", "=", partner)
        .where("receipts", "is not", null)
        .where("deleted_at", "is", null),
    );
}

function selectReceipts(db: Reader, partner: string) {
  return db
    .selectFrom("receipts")
    .innerJoin("event_places as place", (join) =>
      join
        .onRef("place.partner", "=", "receipts.partner")
        .onRef("place.event", "=", "receipts.event"),
    )
    .selectAll("receipts")
    .select(["place.type", "place.subscription"])
    .where("receipts.partner", "=", partner);
}

function toReceipt(
  row: Selectable<ReceiptTable> & Pick<Selectable<EventPlaceTable>, "type" | "subscription">,
): Receipt {
  return {
    id: row.id,
    event: row.event,
    eventType: row.type,
    endpoint: row.endpoint,
    subscription: row.subscription,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row was written from a Receipt
    status: row.status as ReceiptStatus,
    detail: row.detail,
    expectedAt: toInstant(row.expected_at),
    dueAt: toInstant(row.due_at),
    answeredAt: row.answered_at === null ? null : toInstant(row.answered_at),
  };
}
