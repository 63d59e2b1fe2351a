import { createUnknownPartnerError } from "../app/run-room.ts";
import type { ReadRoom } from "../app/room.ts";
import type { ReadWorld } from "../app/world.ts";
import { toPartnerId } from "../ids.ts";
import { listAudit, operatorRecord } from "../store/audit-log.ts";
import { findPartner } from "../store/partners.ts";
import { toWireEntryFields } from "./to-wire.ts";

/** Lists who changed what, when, and what it was before and after (R26), newest first. */
export const listAuditLog: ReadRoom<"listAuditLog"> = async ({ query }, world) => {
  const owner = await findOwner(world);
  const page = await listAudit(
    world.db,
    owner,
    { subject: query.subject, actor: query.actor },
    query,
  );
  const data = page.data.map((entry) => ({
    ...toWireEntryFields(entry),
    partner: owner === operatorRecord ? null : owner,
    subject: entry.subject,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is recorded is a subject as the API answers it
    before: entry.before as Record<string, unknown> | null,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- likewise
    after: entry.after as Record<string, unknown> | null,
  }));
  return { status: 200, body: { data, nextCursor: page.nextCursor } };
};

/** A partner's key reads its own record; an operator's that of the partner it names, or else its own. */
async function findOwner({ caller, partnerNamed, db }: ReadWorld): Promise<string> {
  if (caller.partner !== null) return caller.partner;
  if (partnerNamed === null) return operatorRecord;
  if ((await findPartner(db, toPartnerId(partnerNamed))) === undefined)
    throw createUnknownPartnerError();
  return partnerNamed;
}
