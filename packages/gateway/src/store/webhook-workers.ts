/** The processes that deliver from one database. */
import type { Instant } from "@evergate/core";
import { sql } from "kysely";
import type { Dialect, Transaction } from "./store.ts";
import { isDueSql } from "./waits.ts";
import { leaseClock } from "./webhook-leases.ts";

/** How many processes share the work, and how many endpoints are being served or want to be. */
export interface Crew {
  readonly processes: number;
  readonly active: number;
}

/** Says that this process is alive, and counts all that are. Who has not said so for `aliveMs` is forgotten. */
export async function reportAlive(
  tx: Transaction,
  dialect: Dialect,
  owner: string,
  aliveMs: number,
  now: Instant,
): Promise<Crew> {
  const clock = leaseClock(dialect);
  await sql`
    insert into webhook_workers (id, seen_at) values (${owner}, ${clock})
    on conflict (id) do update set seen_at = excluded.seen_at`.execute(tx);
  await sql`delete from webhook_workers where seen_at < ${clock} - cast(${aliveMs} as bigint)`.execute(
    tx,
  );
  const { rows } = await sql<{ processes: number; active: number }>`
    select (select count(*) from webhook_workers) as processes,
      (select count(*) from webhook_queues where lease_owner is not null or ${isDueSql("due_at", now)}) as active`.execute(
    tx,
  );
  return { processes: rows[0]?.processes ?? 1, active: rows[0]?.active ?? 0 };
}

/** Says that this process serves no more. */
export async function reportGone(tx: Transaction, owner: string): Promise<void> {
  await tx.deleteFrom("webhook_workers").where("id", "=", owner).execute();
}
