import { refuseEnded } from "@evergate/core";
import { recordChange } from "../app/record-change.ts";
import type { PartnerWriteRoom } from "../app/room.ts";
import { deletePrepaidLicence as remove } from "../store/prepaid-licences.ts";
import { refusePrepaidLicence } from "./describe-refusal.ts";
import { followLicences, readWaiting } from "./follow-licences.ts";
import { lockLicence } from "./lock-licence.ts";
import { toWirePrepaidLicence } from "./to-wire.ts";

/** Takes back a licence that was registered by mistake; what waits for it waits no longer (R14). */
export const deletePrepaidLicence: PartnerWriteRoom<"deletePrepaidLicence"> = async (
  { path },
  world,
) => {
  const { tx, partner, at } = world;
  const licence = await lockLicence(world, path.prepaidLicenceId);
  const ended = refuseEnded(licence, partner.terms.timeZone, at);
  if (ended !== null) return refusePrepaidLicence(ended);
  const waiting = await readWaiting(world, [licence]);
  await remove(tx, partner.id, licence.id);
  const wire = toWirePrepaidLicence(licence, partner.terms);
  await recordChange(world, "deletePrepaidLicence", licence.id, wire, null);
  for (const one of waiting) await followLicences(world, one, "deletePrepaidLicence");
  return { status: 204 };
};
