import { refuse } from "../app/problem.ts";
import type { WriteRoom } from "../app/room.ts";
import { toPartnerId } from "../ids.ts";
import { lockPartnerToChange } from "../store/partners.ts";
import { savePartner } from "./save-partner.ts";

/** Takes a suspension back. */
export const reinstatePartner: WriteRoom<"reinstatePartner"> = async ({ path }, world) => {
  const { tx, services } = world;
  const before = await lockPartnerToChange(tx, services.store.dialect, toPartnerId(path.partnerId));
  if (before === undefined) return refuse("not_found", `There is no partner ${path.partnerId}.`);
  if (before.suspension === null)
    return refuse(
      "partner_not_suspended",
      "The partner is not suspended; there is nothing to take back.",
    );
  const after = { ...before, suspension: null };
  return {
    status: 200,
    body: await savePartner(world, "reinstatePartner", "partner.reinstated", before, after),
  };
};
