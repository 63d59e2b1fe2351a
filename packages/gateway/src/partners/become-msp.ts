import { mspFromWhenOrdered } from "@evergate/core";
import { refuse } from "../app/problem.ts";
import type { WriteRoom } from "../app/room.ts";
import { toPartnerId } from "../ids.ts";
import { lockPartnerAlone, partnerNow, type Partner } from "../store/partners.ts";
import { refuseUnpriced } from "./refuse-unpriced.ts";
import { savePartner } from "./save-partner.ts";

/**
 * Makes a reseller an MSP from the first of the next month on, its own time: prices are told by the day, tiers by the
 * month (`channelOn`), so that nothing has to happen at that midnight, and late comes out as on time (R3).
 */
export const becomeMsp: WriteRoom<"becomeMsp"> = async ({ path }, world) => {
  const { tx, services } = world;
  // Alone: a subscription that is made meanwhile would not be seen here, nor would it see what is decided here.
  const before = await lockPartnerAlone(tx, services.store.dialect, toPartnerId(path.partnerId));
  if (before === undefined) return refuse("not_found", `There is no partner ${path.partnerId}.`);
  const { terms } = before;
  if (terms.type !== "reseller")
    return refuse(
      "partner_not_reseller",
      `The partner is an ${terms.type}; only a reseller can become an MSP.`,
    );
  if (terms.mspFrom !== null)
    return refuse(
      "msp_already_scheduled",
      `The partner is an MSP from ${terms.mspFrom} on already.`,
    );
  const mspFrom = mspFromWhenOrdered(partnerNow(before, services.now()), terms.timeZone);
  const after: Partner = { ...before, terms: { ...terms, mspFrom } };
  const refusal = await refuseUnpriced(tx, after, "msp", mspFrom);
  if (refusal !== null) return refusal;
  return {
    status: 200,
    body: await savePartner(world, "becomeMsp", "partner.updated", before, after),
  };
};
