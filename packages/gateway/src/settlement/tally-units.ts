import { channelIn, startTally, tallyCharge, type Month, type UnitTally } from "@evergate/core";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { foreseeCharges } from "./foresee-charges.ts";

/** The units that a month's bill would count by product if nothing more changed (R20). Only an MSP's are ever asked for. */
export async function tallyUnits(db: Reader, partner: Partner, month: Month): Promise<UnitTally> {
  const tally = startTally();
  if (channelIn(partner.terms, month) !== "msp") return tally;
  for await (const charges of foreseeCharges(db, partner, month))
    for (const charge of charges) tallyCharge(tally, charge);
  return tally;
}
