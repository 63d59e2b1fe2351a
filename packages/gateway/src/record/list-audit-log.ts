import { ProblemError } from "../app/problem.ts";
import { readInstant } from "../app/read-time.ts";
import type { ReadRoom } from "../app/room.ts";
import type { ReadWorld } from "../app/world.ts";
import type { DocumentReply, OperationRequest } from "../contract/operation.ts";
import { listAudit, operatorRecord } from "../store/audit-log.ts";
import { exportRecord, exportType } from "./export-record.ts";
import { findOwner } from "./find-owner.ts";
import { linkWaiting } from "./link-entries.ts";
import { toWireEntryFields } from "./to-wire.ts";

/** Lists who changed what, when, and what it was before and after (R26), the last to happen first. */
export const listAuditLog: ReadRoom<"listAuditLog"> = async ({ query, accept }, world) => {
  const owner = await findOwner(world);
  if (accept === exportType) return exportWhole(query, owner, world);
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
    ...(entry.unreadable.length === 0 ? {} : { unreadable: [...entry.unreadable] }),
  }));
  return { status: 200, body: { data, nextCursor: page.nextCursor } };
};

/** The record with its chain, which only the whole of it makes. What was written before the request is linked first. */
async function exportWhole(
  query: OperationRequest<"listAuditLog">["query"],
  owner: string,
  { db, services }: ReadWorld,
): Promise<DocumentReply<"listAuditLog">> {
  for (const name of ["subject", "actor", "from", "to"] as const)
    if (query[name] !== undefined)
      throw new ProblemError(
        "malformed_request",
        `/query/${name}: as ${exportType} the record is answered as a whole, so that its chain can be checked.`,
        [{ pointer: `/query/${name}`, detail: "has to be left out" }],
      );
  await linkWaiting(services, owner);
  return { status: 200, document: exportRecord(db, owner) };
}
