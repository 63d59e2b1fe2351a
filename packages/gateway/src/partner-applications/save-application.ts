import { recordOperatorChange } from "../app/record-change.ts";
import type { WriteWorld } from "../app/world.ts";
import { updateApplication, type PartnerApplication } from "../store/partner-applications.ts";
import { toWireApplication, type WireApplication } from "./to-wire.ts";

/** Saves where an application stands, with its record, and answers it as it is now. */
export async function saveApplication(
  world: WriteWorld,
  action: string,
  before: PartnerApplication,
  after: PartnerApplication,
): Promise<WireApplication> {
  const wire = toWireApplication(after);
  await updateApplication(world.tx, after);
  await recordOperatorChange(world, action, after.id, toWireApplication(before), wire);
  return wire;
}
