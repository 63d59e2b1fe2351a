import { toInstant, type Instant } from "@evergate/core";
import type { Selectable, SelectQueryBuilder } from "kysely";
import { makeId } from "../ids.ts";
import { insertRows } from "./insert-rows.ts";
import {
  limitOf,
  listNewestFirst,
  UnknownCursorError,
  type Page,
  type PageRequest,
} from "./page.ts";
import type { AuditLogTable, Database } from "./schema.ts";
import type { Reader, Transaction } from "./store.ts";

/** Whose record holds what belongs to no partner: the catalogue, and the operator's keys. */
export const operatorRecord = "operator";

/** Who the clockwork is in the record. */
export const clockActor = "clock";

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

/** Adds to the record of a partner, or of the operator. */
export async function appendAudit(
  tx: Transaction,
  owner: string,
  entries: readonly AuditEntry[],
): Promise<void> {
  await insertRows(
    tx,
    "audit_log",
    entries.map((entry) => ({
      partner: owner,
      id: makeId("audit"),
      at: entry.at,
      recorded_at: entry.recordedAt,
      action: entry.action,
      subject: entry.subject,
      actor: entry.actor,
      api_key: entry.apiKey,
      request_id: entry.requestId,
      before: toJson(entry.before),
      after: toJson(entry.after),
    })),
  );
}

export interface AuditFilter {
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
}

export async function listAudit(
  db: Reader,
  owner: string,
  filter: AuditFilter,
  page: PageRequest,
): Promise<Page<StoredAuditEntry>> {
  let query = db.selectFrom("audit_log").selectAll().where("partner", "=", owner);
  if (filter.actor !== undefined) query = query.where("actor", "=", filter.actor);
  if (filter.subject === undefined) return listNewestFirst(query, "audit", page, toEntry);
  return listHistory(query.where("subject", "=", filter.subject), page);
}

/**
 * One subject's entries, the last to happen first. Their order is that of its own clock, by which processes whose
 * clocks differ agree (an id only tells when it was written); the same index finds what it was at any instant.
 */
async function listHistory(
  query: SelectQueryBuilder<Database, "audit_log", Selectable<AuditLogTable>>,
  page: PageRequest,
): Promise<Page<StoredAuditEntry>> {
  const after = page.after === undefined ? null : decodePlace(page.after);
  const rows = await (
    after === null
      ? query
      : query.where((where) =>
          where(where.refTuple("at", "id"), "<", where.tuple(after.at, after.id)),
        )
  )
    .orderBy("at", "desc")
    .orderBy("id", "desc")
    .limit(limitOf(page) + 1)
    .execute();
  const shown = rows.slice(0, limitOf(page));
  const last = shown.at(-1);
  return {
    data: shown.map(toEntry),
    nextCursor: rows.length > shown.length && last !== undefined ? encodePlace(last) : null,
  };
}

function encodePlace({ at, id }: { readonly at: number; readonly id: string }): string {
  return Buffer.from(`${at} ${id}`).toString("base64url");
}

/** Throws {@link UnknownCursorError} for what no history has given. */
function decodePlace(cursor: string): { readonly at: number; readonly id: string } {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const place = /^(-?\d{1,15}) (audit_[0-9a-z]{26})$/.exec(text);
  const [, at = "", id = ""] = place ?? [];
  if (place === null || encodePlace({ at: Number(at), id }) !== cursor)
    throw new UnknownCursorError("has to be the nextCursor of the page before");
  return { at: Number(at), id };
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
    .select(["id", "after"])
    .where("partner", "=", partner)
    .where("subject", "=", subscription)
    .where("at", "=", (select) =>
      select
        .selectFrom("audit_log as earlier")
        .select(({ fn }) => fn.max("earlier.at").as("at"))
        .where("earlier.partner", "=", partner)
        .where("earlier.subject", "=", subscription)
        .where("earlier.at", "<=", at),
    )
    .orderBy("id", "desc")
    .limit(maximumAtOnce)
    .execute();
  return (
    rows
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a subscription's entries hold it as it is answered
      .map((row) => JSON.parse(row.after ?? "null") as Wire)
      .reduce<Wire | undefined>(
        (latest, one) => (latest === undefined || one.version > latest.version ? one : latest),
        undefined,
      )
  );
}

function toEntry(row: Selectable<AuditLogTable>): StoredAuditEntry {
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
