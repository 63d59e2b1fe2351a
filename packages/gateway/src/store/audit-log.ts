import { toInstant, type Instant } from "@evergate/core";
import type { Selectable } from "kysely";
import { makeId } from "../ids.ts";
import { insertRows } from "./insert-rows.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { AuditLogTable } from "./schema.ts";
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
  if (filter.subject !== undefined) query = query.where("subject", "=", filter.subject);
  if (filter.actor !== undefined) query = query.where("actor", "=", filter.actor);
  return listNewestFirst(query, "audit", page, toEntry);
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
