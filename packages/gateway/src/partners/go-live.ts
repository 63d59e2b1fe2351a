import { recordOperatorChange } from "../app/record-change.ts";
import type { PartnerWriteWorld } from "../app/world.ts";
import { updatePartnerToLive } from "../store/partners.ts";
import { toWirePartner } from "./to-wire.ts";

/** The first subscription makes an approved partner live: on record as any change of a partner is, and no news to the partner itself. */
export async function goLive(world: PartnerWriteWorld): Promise<void> {
  const { tx, partner, services } = world;
  if (!(await updatePartnerToLive(tx, partner.id))) return;
  const now = services.now();
  await recordOperatorChange(
    // The operator's record is in real time, also where a sandbox partner is told of.
    { ...world, at: now },
    "createSubscription",
    partner.id,
    toWirePartner(partner, now),
    toWirePartner({ ...partner, status: "live" }, now),
  );
}
