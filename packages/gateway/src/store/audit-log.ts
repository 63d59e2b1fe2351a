import { toInstant, type Instant } from "@evergate/core";
import { sql, type RawBuilder, type Selectable } from "kysely";
import { makeId } from "../ids.ts";
import {
  createInstantFormat,
  digestEntry,
  firstInstant,
  isWritable,
  operatorRecord,
  renderEntry,
  type EntryFields,
} from "../record/chain.ts";
import { linkAtOnce } from "../record/link-entries.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { saveLinks } from "./audit-links.ts";
import { insertRows } from "./insert-rows.ts";
import { limitOf, UnknownCursorError, type Page, type PageRequest } from "./page.ts";
import type { AuditLogTable } from "./schema.ts";
import type { Reader, Transaction } from "./store.ts";

export { operatorRecord };

/** Who the clockwork is in the record. */
export const clockActor = "clock";

/** Whether the clock itself wrote an entry: no key and no request did, as it would be of a person who goes by its name. */
export function isClockEntry(
  entry: Pick<AuditLogTable, "actor" | "api_key" | "request_id">,
): boolean {
  return entry.actor === clockActor && entry.api_key === null && entry.request_id === null;
}

/** One change: by whom, when, through which key and request, and what was before and after (R26). */
export interface AuditEntry {
  /** When it happened, by the partner's clock (R3). */
  readonly at: Instant;
  /** When it is written, in real time. */
  readonly recordedAt: Instant;
  readonly action: string;
  readonly subject: string;
  readonly actor: string;
  readonly apiKey: string | null;
  readonly requestId: string | null;
  /** The subject as the API answers it, before and after; null where it did not exist. */
  readonly before: unknown;
  readonly after: unknown;
}

export type StoredAuditEntry = AuditEntry & { readonly id: string };

/** {@link isClockEntry} of an entry that has been read. */
export function isClockChange({ actor, apiKey, requestId }: AuditEntry): boolean {
  return isClockEntry({ actor, api_key: apiKey, request_id: requestId });
}

/**
 * Adds to the record of a partner, or of the operator. An entry is stored with its digest and a seal, by which it is
 * linked to the chain a little later; or `at once`, where the caller holds the partner alone anyway.
 */
export async function appendAudit(
  tx: Transaction,
  sealer: Sealer,
  owner: string,
  entries: readonly AuditEntry[],
  when: "later" | "at once" = "later",
): Promise<void> {
  const format = createInstantFormat();
  const written = entries.map((entry) => {
    const fields: EntryFields = {
      ...entry,
      id: makeId("audit"),
      before: toJson(entry.before),
      after: toJson(entry.after),
    };
    return { fields, digest: digestEntry(renderEntry(owner, fields, format)) };
  });
  await insertRows(
    tx,
    "audit_log",
    written.map(({ fields }) => ({
      partner: owner,
      id: fields.id,
      at: fields.at,
      recorded_at: fields.recordedAt,
      action: fields.action,
      subject: fields.subject,
      actor: fields.actor,
      api_key: fields.apiKey,
      request_id: fields.requestId,
      before: fields.before,
      after: fields.after,
    })),
  );
  const links = written.map(({ fields, digest }) => ({ entry: fields.id, at: fields.at, digest }));
  if (when === "at once" && (await linkAtOnce(tx, sealer, owner, links))) return;
  await saveLinks(
    tx,
    owner,
    links.map(({ entry, at, digest }) => ({
      entry,
      at,
      digest,
      seal: sealer.seal("entry", digest),
    })),
    "new",
  );
}

export interface AuditFilter {
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  /** Of `at`: from this instant on, and before that one. */
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
}

/**
 * Orders by the id without showing it. SQLite, which has no figures of its tables, would otherwise read a partner's
 * whole record in its order for the few entries of one subject, rather than find those few and sort them.
 */
export const hiddenId: RawBuilder<string> = sql<string>`id || ''`;

/**
 * A page of a record, the last to happen first: in the order of its partner's own clock, by which processes whose
 * clocks differ agree (an id only tells when it was written). Each filter has an index in that order.
 */
export async function listAudit(
  db: Reader,
  owner: string,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<ListedEntry>> {
  let query = db.selectFrom("audit_log").selectAll().where("partner", "=", owner);
  if (filter.subject !== undefined) query = query.where("subject", "=", filter.subject);
  if (filter.actor !== undefined) query = query.where("actor", "=", filter.actor);
  if (filter.from !== undefined)
    query =
      filter.actor === undefined || (filter.to === undefined && page.after === undefined)
        ? query.where("at", ">=", filter.from)
        : // With another bound SQLite would leave the actor's index for the partner's whole record of that time.
          query.where(sql<boolean>`at + 0 >= ${filter.from}`);
  if (filter.to !== undefined) query = query.where("at", "<", filter.to);
  if (page.after !== undefined) {
    const { at, id } = decodeCursor(page.after);
    query = query.where((where) => where(where.refTuple("at", "id"), "<", where.tuple(at, id)));
  }
  const rows = await query
    .orderBy("at", "desc")
    .orderBy(filter.subject === undefined ? "id" : hiddenId, "desc")
    .limit(limitOf(page) + 1)
    .execute();
  const shown = rows.slice(0, limitOf(page));
  const last = shown.at(-1);
  return {
    data: shown.map(toListedEntry),
    nextCursor: rows.length > limitOf(page) && last !== undefined ? encodeCursor(last) : null,
  };
}

function encodeCursor({ at, id }: { readonly at: number; readonly id: string }): string {
  return Buffer.from(`${at} ${id}`).toString("base64url");
}

function decodeCursor(cursor: string): { readonly at: number; readonly id: string } {
  const [at = "", id = ""] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  const place = { at: Number(at), id };
  if (
    !/^-?\d{1,15}$/.test(at) ||
    !/^audit_[0-9a-z]{26}$/.test(id) ||
    encodeCursor(place) !== cursor
  )
    throw new UnknownCursorError("has to be the nextCursor of the page before");
  return place;
}

/** Entries of one and the same instant are told apart by the version of what they lead to: so many are looked at. */
const maximumAtOnce = 100;

/** What a subscription was at an instant, all that happened at it included; undefined before there was one. */
export async function findSubscriptionAsOf<Wire extends { readonly version: number }>(
  db: Reader,
  partner: string,
  subscription: string,
  at: Instant,
): Promise<Wire | undefined> {
  const rows = await db
    .selectFrom("audit_log")
    .select(["at", "after"])
    .where("partner", "=", partner)
    .where("subject", "=", subscription)
    .where("at", "<=", at)
    .orderBy("at", "desc")
    .orderBy(hiddenId, "desc")
    .limit(maximumAtOnce)
    .execute();
  return (
    rows
      .filter((row) => row.at === rows[0]?.at)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a subscription's entries hold it as it is answered
      .map((row) => JSON.parse(row.after ?? "null") as Wire)
      .reduce<Wire | undefined>(
        (latest, one) => (latest === undefined || one.version > latest.version ? one : latest),
        undefined,
      )
  );
}

/** What of a row is no entry's: other hands have written it. */
export type Unreadable = "before" | "after" | "at" | "recordedAt";

/** An entry to be shown, whatever was done to it. */
export type ListedEntry = StoredAuditEntry & { readonly unreadable: readonly Unreadable[] };

function toListedEntry(row: Selectable<AuditLogTable>): ListedEntry {
  const unreadable: Unreadable[] = [];
  const readJson = (name: "before" | "after"): unknown => {
    const value = parseObject(row[name]);
    if (value !== undefined) return value;
    unreadable.push(name);
    return null;
  };
  const readAt = (name: "at" | "recordedAt", value: number): Instant => {
    if (isWritable(value)) return toInstant(value);
    unreadable.push(name);
    return toInstant(firstInstant);
  };
  const [before, after] = [readJson("before"), readJson("after")];
  const [at, recordedAt] = [readAt("at", row.at), readAt("recordedAt", row.recorded_at)];
  return {
    id: row.id,
    at,
    recordedAt,
    action: row.action,
    subject: row.subject,
    actor: row.actor,
    apiKey: row.api_key,
    requestId: row.request_id,
    before,
    after,
    unreadable,
  };
}

/** What is recorded is an object, or nothing; undefined: it is neither. */
function parseObject(text: string | null): object | null | undefined {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Throws where the row was made unreadable by other hands. */
export function toEntry(row: Selectable<AuditLogTable>): StoredAuditEntry {
  return {
    id: row.id,
    at: toInstant(row.at),
    recordedAt: toInstant(row.recorded_at),
    action: row.action,
    subject: row.subject,
    actor: row.actor,
    apiKey: row.api_key,
    requestId: row.request_id,
    before: row.before === null ? null : JSON.parse(row.before),
    after: row.after === null ? null : JSON.parse(row.after),
  };
}

function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
