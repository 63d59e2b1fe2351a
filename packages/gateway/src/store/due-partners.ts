import { toInstant, type Instant } from "@evergate/core";
import { toPartnerId, type PartnerId } from "../ids.ts";
import type { Reader } from "./store.ts";

/** A partner for which something is due; `until` is where a sandbox's advance was to end, null where the system's clock counts. */
export interface DuePartner {
  readonly partner: PartnerId;
  readonly until: Instant | null;
}

const maximumPartners = 1_000;

/** Live partners with something due at or before `at`, and sandboxes with an advance that has not come to its end. */
export async function listDuePartners(db: Reader, at: Instant): Promise<readonly DuePartner[]> {
  const rows = await db
    .selectFrom("partners")
    .select(["id", "clock_target_at"])
    .where((where) =>
      where.or([
        where("clock_target_at", "is not", null),
        where.and([
          where("mode", "=", "live"),
          where.or([
            where("settlement_due_at", "<=", at),
            where.exists(
              where
                .selectFrom("subscriptions")
                .select("subscriptions.id")
                .whereRef("subscriptions.partner", "=", "partners.id")
                .where("due_at", "<=", at),
            ),
            where.exists(
              where
                .selectFrom("prepaid_licences")
                .select("prepaid_licences.id")
                .whereRef("prepaid_licences.partner", "=", "partners.id")
                .where("notice_due_at", "<=", at),
            ),
          ]),
        ]),
      ]),
    )
    .limit(maximumPartners)
    .execute();
  return rows.map((row) => ({
    partner: toPartnerId(row.id),
    until: row.clock_target_at === null ? null : toInstant(row.clock_target_at),
  }));
}
