import { recordOperatorChange } from "../app/record-change.ts";
import type { WriteWorld } from "../app/world.ts";
import { diffFields } from "../events/diff-fields.ts";
import { appendEvents } from "../store/events.ts";
import { partnerNow, updatePartner, type Partner } from "../store/partners.ts";
import { toWirePartner, type WirePartner } from "./to-wire.ts";

/**
 * Saves what has changed of a partner that the transaction has locked, with its event and its record, and answers the
 * partner as it is now. What is as it was already changes nothing and announces nothing.
 */
export async function savePartner(
  world: WriteWorld,
  action: string,
  type: "partner.updated" | "partner.suspended" | "partner.reinstated",
  before: Partner,
  after: Partner,
): Promise<WirePartner> {
  const now = world.services.now();
  const was = toWirePartner(before, now);
  const wire = toWirePartner(after, now);
  const previous = diffFields(was, wire);
  if (Object.keys(previous).length === 0) return wire;
  await updatePartner(world.tx, after);
  await appendEvents(world.tx, after.id, [
    {
      type,
      subscription: null,
      sequence: null,
      occurredAt: partnerNow(before, now),
      data: { ...wire, previous },
    },
  ]);
  await recordOperatorChange(world, action, after.id, was, wire);
  return wire;
}
