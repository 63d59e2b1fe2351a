import { readInstant } from "../app/read-time.ts";
import type { ReadRoom } from "../app/room.ts";
import { listAudit, operatorRecord } from "../store/audit-log.ts";
import { findOwner } from "./find-owner.ts";
import { toWireEntryFields } from "./to-wire.ts";

/** Lists who changed what, when, and what it was before and after (R26), the last to happen first. */
export const listAuditLog: ReadRoom<"listAuditLog"> = async ({ query }, world) => {
  const owner = await findOwner(world);
  const page = await listAudit(
    world.db,
    owner,
    {
      subject: query.subject,
      actor: query.actor,
      from: query.from === undefined ? undefined : readInstant(query.from, "/query/from"),
      to: query.to === undefined ? undefined : readInstant(query.to, "/query/to"),
    },
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
