import { sql } from "kysely";
import { toInstant, type Instant } from "@evergate/core";
import { operatorRecord } from "../record/chain.ts";
import type { Reader } from "./store.ts";

/**
 * When the newest entry of all records was written, by the clock of who wrote it; null: nothing has been recorded.
 * Ids sort by that clock, so that it is one look into an index for each record, however long the records are.
 */
export async function findNewestRecording(db: Reader): Promise<Instant | null> {
  const { rows } = await sql<{ recorded_at: number | null }>`
    select max(log.recorded_at) as recorded_at
    from (select id as partner from partners union all select ${operatorRecord}) as owner
    join audit_links as link on link.partner = owner.partner
      and link.entry = (select max(entry) from audit_links as newest where newest.partner = owner.partner)
    join audit_log as log on log.partner = link.partner and log.at = link.at and log.id = link.entry
  `.execute(db);
  const recordedAt = rows[0]?.recorded_at ?? null;
  return recordedAt === null ? null : toInstant(recordedAt);
}
