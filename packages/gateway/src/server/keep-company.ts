import type { Instant } from "@evergate/core";
import type { Services } from "../app/world.ts";
import { makeId } from "../ids.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { appendAudit, operatorRecord } from "../store/audit-log.ts";
import {
  findOperatorCompany,
  insertOperatorCompany,
  updateOperatorCompany,
  type OperatorCompany,
  type Party,
} from "../store/parties.ts";
import { UniqueViolationError, type Transaction } from "../store/store.ts";

/** Who changed it, in the record. */
const actor = "start of the server";

/**
 * Keeps the operator's company in the database, so that every gateway and command over it makes bills of the same
 * supplier, and a change is on record (R26). Null, where none is set, leaves what was kept. Answers what is kept now.
 */
export async function keepCompany(
  { store, sealer }: Pick<Services, "store" | "sealer">,
  company: Party | null,
  now: Instant,
): Promise<Party | null> {
  const attempt = (): Promise<Party | null> =>
    store.transaction((tx) => keep(tx, sealer, company, now));
  try {
    return await attempt();
  } catch (error) {
    // Another process starts at the same moment: then there is one now.
    if (store.translate(error) instanceof UniqueViolationError) return attempt();
    throw error;
  }
}

async function keep(
  tx: Transaction,
  sealer: Sealer,
  party: Party | null,
  now: Instant,
): Promise<Party | null> {
  const kept = await findOperatorCompany(tx);
  if (party === null) return kept?.party ?? null;
  if (kept === undefined) {
    const made = { id: makeId("company"), party };
    await insertOperatorCompany(tx, made);
    await record(tx, sealer, null, made, now);
  } else if (JSON.stringify(kept.party) !== JSON.stringify(party)) {
    await updateOperatorCompany(tx, party);
    await record(tx, sealer, kept.party, { ...kept, party }, now);
  }
  return party;
}

async function record(
  tx: Transaction,
  sealer: Sealer,
  before: Party | null,
  { id, party }: OperatorCompany,
  now: Instant,
): Promise<void> {
  await appendAudit(tx, sealer, operatorRecord, [
    {
      at: now,
      recordedAt: now,
      action: "setCompany",
      subject: id,
      actor,
      apiKey: null,
      requestId: null,
      before,
      after: party,
    },
  ]);
}
