import { channelOn, dayOf } from "@evergate/core";
import { refuse } from "../app/problem.ts";
import type { WriteRoom } from "../app/room.ts";
import { toPartnerId } from "../ids.ts";
import { lockPartnerAlone, partnerNow } from "../store/partners.ts";
import { refuseUnpriced } from "./refuse-unpriced.ts";
import { savePartner } from "./save-partner.ts";

/** Leaves a reseller that is to become an MSP a reseller, as long as it is one. */
export const withdrawBecomingMsp: WriteRoom<"withdrawBecomingMsp"> = async ({ path }, world) => {
  const { tx, services } = world;
  const before = await lockPartnerAlone(tx, services.store.dialect, toPartnerId(path.partnerId));
  if (before === undefined) return refuse("not_found", `There is no partner ${path.partnerId}.`);
  const { terms } = before;
  const today = dayOf(partnerNow(before, services.now()), terms.timeZone);
  if (terms.mspFrom === null || channelOn(terms, today) === "msp")
    return refuse(
      "msp_not_scheduled",
      terms.mspFrom === null
        ? "The partner is not to become an MSP: there is nothing to withdraw."
        : `The partner is an MSP since ${terms.mspFrom}: what was charged since stands on it.`,
    );
  const refusal = await refuseUnpriced(tx, before, "reseller", terms.mspFrom);
  if (refusal !== null) return refusal;
  const after = { ...before, terms: { ...terms, mspFrom: null } };
  return {
    status: 200,
    body: await savePartner(world, "withdrawBecomingMsp", "partner.updated", before, after),
  };
};
