import type { ReadRoom } from "../app/room.ts";
import type { components } from "../generated/api.ts";
import { findOwner } from "./find-owner.ts";
import { linkWaiting } from "./link-entries.ts";
import { parseNotedHead } from "./noted-head.ts";
import { isIntact, verifyRecord, type Verification } from "./verify-record.ts";

/**
 * Checks a record and names what was tampered with (R26). What was written before the request is linked first. It reads
 * a partner's whole record, so that only few are checked at once.
 */
export const verifyAuditLog: ReadRoom<"verifyAuditLog"> = async ({ query }, world) => {
  const owner = await findOwner(world);
  const { sealer, verifications } = world.services;
  const noted = query.head === undefined ? null : parseNotedHead(query.head);
  const found = await verifications.run(async () => {
    await linkWaiting(world.services, owner);
    return verifyRecord(world.db, sealer, owner, noted);
  });
  return { status: 200, body: toWire(found) };
};

function toWire(found: Verification): components["schemas"]["AuditVerification"] {
  return { isIntact: isIntact(found), ...found, faults: [...found.faults] };
}
