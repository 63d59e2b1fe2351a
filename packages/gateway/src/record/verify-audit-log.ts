import type { ReadRoom } from "../app/room.ts";
import type { components } from "../generated/api.ts";
import { findOwner } from "./find-owner.ts";
import { linkWaiting } from "./link-entries.ts";
import { parseNotedHead } from "./noted-head.ts";
import { isIntact, verifyRecord, type Verification } from "./verify-record.ts";

/** Checks a record and names what was tampered with (R26). What was written before the request is linked first. */
export const verifyAuditLog: ReadRoom<"verifyAuditLog"> = async ({ query }, world) => {
  const owner = await findOwner(world);
  const { sealer } = world.services;
  await linkWaiting(world.services, owner);
  const noted = query.head === undefined ? null : parseNotedHead(query.head);
  return { status: 200, body: toWire(await verifyRecord(world.db, sealer, owner, noted)) };
};

function toWire(found: Verification): components["schemas"]["AuditVerification"] {
  return { isIntact: isIntact(found), ...found, faults: [...found.faults] };
}
