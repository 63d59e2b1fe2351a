import type { Instant } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { hiddenId, toEntry, type StoredAuditEntry } from "./audit-log.ts";
import type { Reader } from "./store.ts";

/** So many entries are in memory at once. */
const batchSize = 200;

interface Place {
  readonly at: number;
  readonly id: string;
}

/**
 * What the record says of a subject from its last entry before `from` on, until before `to`, in batches. What happened at
 * one instant comes in one batch, so that the caller can put it in the subject's own order.
 */
export async function* streamEntries(
  db: Reader,
  partner: PartnerId,
  subject: string,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): AsyncGenerator<readonly StoredAuditEntry[], void, void> {
  const { at: startsAt } = await db
    .selectFrom("audit_log")
    .select(({ fn }) => fn.max("at").as("at"))
    .where("partner", "=", partner)
    .where("subject", "=", subject)
    .where("at", "<", from)
    .executeTakeFirstOrThrow();
  let after: Place = { at: startsAt ?? from, id: "" };
  let held: StoredAuditEntry[] = [];
  for (;;) {
    const rows = await db
      .selectFrom("audit_log")
      .selectAll()
      .where("partner", "=", partner)
      .where("subject", "=", subject)
      .where("at", "<", to)
      .where((where) =>
        where(where.refTuple("at", "id"), ">", where.tuple<number, string>(after.at, after.id)),
      )
      .orderBy("at")
      .orderBy(hiddenId)
      .limit(batchSize)
      .execute();
    const last = rows.at(-1);
    const entries = [...held, ...rows.map(toEntry)];
    if (last === undefined || rows.length < batchSize) {
      if (entries.length > 0) yield entries;
      return;
    }
    held = entries.filter(({ at }) => at === last.at);
    if (held.length < entries.length) yield entries.slice(0, entries.length - held.length);
    after = last;
  }
}

/** The last entry of a subject before another one for which `isWanted` is true; undefined: there is none. */
export async function findEntryBefore(
  db: Reader,
  partner: PartnerId,
  entry: StoredAuditEntry,
  isWanted: (entry: StoredAuditEntry) => boolean,
): Promise<StoredAuditEntry | undefined> {
  let before: Place = entry;
  for (;;) {
    const rows = await db
      .selectFrom("audit_log")
      .selectAll()
      .where("partner", "=", partner)
      .where("subject", "=", entry.subject)
      .where((where) =>
        where(where.refTuple("at", "id"), "<", where.tuple<number, string>(before.at, before.id)),
      )
      .orderBy("at", "desc")
      .orderBy(hiddenId, "desc")
      .limit(batchSize)
      .execute();
    const found = rows.map(toEntry).find(isWanted);
    const last = rows.at(-1);
    if (found !== undefined || last === undefined || rows.length < batchSize) return found;
    before = last;
  }
}
