import { formatInstant } from "@evergate/core";
import { refuse } from "../app/problem.ts";
import type { WriteRoom } from "../app/room.ts";
import { toPartnerId } from "../ids.ts";
import { lockPartnerToChange, partnerNow } from "../store/partners.ts";
import { savePartner } from "./save-partner.ts";

/** Suspends a partner: from the commit on its keys may make no operation that is no read (`authenticate` sees to it). Service, clock and bills go on. */
export const suspendPartner: WriteRoom<"suspendPartner"> = async ({ path, body }, world) => {
  const { tx, services } = world;
  const before = await lockPartnerToChange(tx, services.store.dialect, toPartnerId(path.partnerId));
  if (before === undefined) return refuse("not_found", `There is no partner ${path.partnerId}.`);
  if (before.suspension !== null)
    return refuse(
      "partner_already_suspended",
      `The partner is suspended already, since ${formatInstant(before.suspension.since)}.`,
    );
  const suspension = { since: partnerNow(before, services.now()), reason: body.reason };
  const after = { ...before, suspension };
  return {
    status: 200,
    body: await savePartner(world, "suspendPartner", "partner.suspended", before, after),
  };
};
