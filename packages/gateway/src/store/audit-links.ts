import { sql, type Selectable } from "kysely";
import { operatorRecord, type EntryFields, type Head } from "../record/chain.ts";
import { insertRows } from "./insert-rows.ts";
import type { AuditHeadTable, AuditLogTable } from "./schema.ts";
import type { Reader, Transaction } from "./store.ts";

/** The head of a record's chain as it is stored, with the seal on it and the name of the key. */
export type StoredHead = Head & { readonly seal: string; readonly key: string };

/** An entry that waits for its link. */
export interface WaitingLink {
  readonly entry: string;
  readonly at: number;
  readonly digest: string;
  readonly seal: string;
}

export type Link = WaitingLink & { readonly position: number; readonly hash: string };

/** Locks the chain of a record to its transaction, and answers where it has come to. `first` is stored where there is none yet. */
export async function lockHead(
  tx: Transaction,
  owner: string,
  first: StoredHead,
): Promise<StoredHead> {
  const found = await touchHead(tx, owner);
  if (found !== undefined) return found;
  // Two may begin at the same time: one of them has made it then, and the other waits for its end.
  await insertRows(tx, "audit_heads", [toHeadRow(owner, first)], {
    key: ["partner"],
    row: "stays",
  });
  const made = await touchHead(tx, owner);
  if (made === undefined) throw new Error(`The record of ${owner} can't be given a head.`);
  return made;
}

/** An update that changes nothing takes the row's lock on both databases. */
async function touchHead(tx: Transaction, owner: string): Promise<StoredHead | undefined> {
  const row = await tx
    .updateTable("audit_heads")
    .set((column) => ({ position: column.ref("position") }))
    .where("partner", "=", owner)
    .returningAll()
    .executeTakeFirst();
  return row && toHead(row);
}

export async function updateHead(tx: Transaction, owner: string, head: StoredHead): Promise<void> {
  const { partner, ...columns } = toHeadRow(owner, head);
  await tx.updateTable("audit_heads").set(columns).where("partner", "=", partner).execute();
}

/** The head with the last link's position, which are one look: both move on together. */
export async function findHead(
  db: Reader,
  owner: string,
): Promise<(StoredHead & { readonly lastPosition: number }) | undefined> {
  const row = await db
    .selectFrom("audit_heads")
    .selectAll()
    .select((select) =>
      select
        .selectFrom("audit_links")
        .select(({ fn }) => fn.max("audit_links.position").as("last"))
        .where("audit_links.partner", "=", owner)
        .where("audit_links.position", "is not", null)
        .as("last"),
    )
    .where("partner", "=", owner)
    .executeTakeFirst();
  return row && { ...toHead(row), lastPosition: row.last ?? 0 };
}

/** The last link of a chain, whatever its head says. */
export async function findLastLink(
  db: Reader,
  owner: string,
): Promise<{ readonly position: number; readonly hash: string } | undefined> {
  const row = await db
    .selectFrom("audit_links")
    .select(["position", "hash"])
    .where("partner", "=", owner)
    .where("position", "is not", null)
    .orderBy("position", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && { position: row.position ?? 0, hash: row.hash ?? "" };
}

/** The hash at a place of the chain. */
export async function findLinkHash(
  db: Reader,
  owner: string,
  position: number,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("audit_links")
    .select("hash")
    .where("partner", "=", owner)
    .where("position", "=", position)
    .executeTakeFirst();
  return row?.hash ?? undefined;
}

/** Records in which entries wait for their links: one look into an index for each, however many have theirs. */
export async function listOwnersWithWaiting(db: Reader): Promise<string[]> {
  const rows = await db
    .selectFrom("partners")
    .select("id")
    .where((where) =>
      where.exists(
        where
          .selectFrom("audit_links")
          .select("entry")
          .whereRef("audit_links.partner", "=", "partners.id")
          .where("position", "is", null),
      ),
    )
    .limit(1_000)
    .execute();
  const owners = rows.map(({ id }) => id);
  return (await hasWaiting(db, operatorRecord)) ? [operatorRecord, ...owners] : owners;
}

/** Whose records have a chain, in the order of their ids, after one of them. */
export async function listHeadOwners(db: Reader, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("audit_heads")
    .select("partner")
    .where("partner", ">", after)
    .orderBy("partner")
    .limit(limit)
    .execute();
  return rows.map(({ partner }) => partner);
}

export async function hasWaiting(db: Reader, owner: string): Promise<boolean> {
  const row = await db
    .selectFrom("audit_links")
    .select("entry")
    .where("partner", "=", owner)
    .where("position", "is", null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** In the order in which they were written. */
export async function listWaiting(
  tx: Transaction,
  owner: string,
  limit: number,
): Promise<WaitingLink[]> {
  return tx
    .selectFrom("audit_links")
    .select(["entry", "at", "digest", "seal"])
    .where("partner", "=", owner)
    .where("position", "is", null)
    .orderBy("entry")
    .limit(limit)
    .execute();
}

/** Stores what links entries: of new ones, or of those that were waiting and wait no more. */
export async function saveLinks(
  tx: Transaction,
  owner: string,
  links: readonly (WaitingLink | Link)[],
  of: "new" | "waiting",
): Promise<void> {
  await insertRows(
    tx,
    "audit_links",
    links.map((link) => ({
      partner: owner,
      entry: link.entry,
      at: link.at,
      digest: link.digest,
      seal: link.seal,
      position: "position" in link ? link.position : null,
      hash: "hash" in link ? link.hash : null,
    })),
    of === "new" ? null : { key: ["partner", "entry"], row: "is replaced" },
  );
}

/** A link with the entry that it is of; null where that is gone. */
export interface LinkedEntry {
  readonly link: Link;
  readonly fields: EntryFields | null;
}

/** In the order of the chain: what follows `after`, up to `last`. */
export async function listLinked(
  db: Reader,
  owner: string,
  { after, last }: { readonly after: number; readonly last: number },
  limit: number,
): Promise<LinkedEntry[]> {
  const rows = await selectLinks(db, owner)
    .where("link.position", ">", after)
    .where("link.position", "<=", last)
    .orderBy("link.position")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    link: { ...row, position: row.position ?? 0, hash: row.hash ?? "", at: row.linkedAt },
    fields: toFields(row),
  }));
}

/** The same of what waits, in the order of ids. */
export async function listWaitingEntries(
  db: Reader,
  owner: string,
  after: string,
  limit: number,
): Promise<{ readonly link: WaitingLink; readonly fields: EntryFields | null }[]> {
  const rows = await selectLinks(db, owner)
    .where("link.position", "is", null)
    // By the index on places: by that of entries SQLite would read all that have theirs.
    .where(sql<boolean>`link.entry || '' > ${after}`)
    .orderBy(sql`link.entry || ''`)
    .limit(limit)
    .execute();
  return rows.map((row) => ({ link: { ...row, at: row.linkedAt }, fields: toFields(row) }));
}

function selectLinks(db: Reader, owner: string) {
  return db
    .selectFrom("audit_links as link")
    .leftJoin("audit_log as log", (join) =>
      join
        .onRef("log.partner", "=", "link.partner")
        .onRef("log.at", "=", "link.at")
        .onRef("log.id", "=", "link.entry"),
    )
    .select([
      "link.entry",
      "link.at as linkedAt",
      "link.digest",
      "link.seal",
      "link.position",
      "link.hash",
      "log.id",
      "log.at",
      "log.recorded_at",
      "log.action",
      "log.subject",
      "log.actor",
      "log.api_key",
      "log.request_id",
      "log.before",
      "log.after",
    ])
    .where("link.partner", "=", owner);
}

/** An entry, and the link that names it, if any does. */
export interface EntryPlace {
  readonly id: string;
  readonly at: number;
  readonly link: { readonly position: number | null; readonly at: number } | null;
}

/** Every entry of the record in the order of its key, so that those without a link can be told. */
export async function listEntryPlaces(
  db: Reader,
  owner: string,
  after: { readonly at: number; readonly id: string } | null,
  limit: number,
): Promise<EntryPlace[]> {
  let query = db
    .selectFrom("audit_log as log")
    .leftJoin("audit_links as link", (join) =>
      join.onRef("link.partner", "=", "log.partner").onRef("link.entry", "=", "log.id"),
    )
    .select(["log.id", "log.at", "link.entry", "link.position", "link.at as linkedAt"])
    .where("log.partner", "=", owner);
  if (after !== null)
    query = query.where((where) =>
      where(where.refTuple("log.at", "log.id"), ">", where.tuple(after.at, after.id)),
    );
  const rows = await query.orderBy("log.at").orderBy("log.id").limit(limit).execute();
  return rows.map(({ id, at, entry, position, linkedAt }) => ({
    id,
    at,
    link: entry === null || linkedAt === null ? null : { position, at: linkedAt },
  }));
}

/** One entry's fields, by its whole key. */
export async function findEntryFields(
  db: Reader,
  owner: string,
  { at, id }: { readonly at: number; readonly id: string },
): Promise<EntryFields | undefined> {
  const row = await db
    .selectFrom("audit_log")
    .selectAll()
    .where("partner", "=", owner)
    .where("at", "=", at)
    .where("id", "=", id)
    .executeTakeFirst();
  return row && (toFields(row) ?? undefined);
}

function toFields(row: {
  readonly [Column in Exclude<keyof AuditLogTable, "partner">]:
    | Selectable<AuditLogTable>[Column]
    | null;
}): EntryFields | null {
  const { id, at, recorded_at: recordedAt, action, subject, actor } = row;
  if (
    id === null ||
    at === null ||
    recordedAt === null ||
    action === null ||
    subject === null ||
    actor === null
  )
    return null;
  const { api_key: apiKey, request_id: requestId, before, after } = row;
  return { id, at, recordedAt, action, subject, actor, apiKey, requestId, before, after };
}

function toHeadRow(owner: string, { position, hash, seal, key, sealedFrom }: StoredHead) {
  return { partner: owner, position, hash, seal, key, sealed_from: sealedFrom };
}

function toHead({
  position,
  hash,
  seal,
  key,
  sealed_from: sealedFrom,
}: Selectable<AuditHeadTable>): StoredHead {
  return { position, hash, seal, key, sealedFrom };
}
