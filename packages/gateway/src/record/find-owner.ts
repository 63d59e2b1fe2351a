import { createUnknownPartnerError } from "../app/run-room.ts";
import type { ReadWorld } from "../app/world.ts";
import { toPartnerId } from "../ids.ts";
import { findPartner } from "../store/partners.ts";
import { operatorRecord } from "./chain.ts";

/** A partner's key reads its own record; an operator's that of the partner it names, or else its own. */
export async function findOwner({ caller, partnerNamed, db }: ReadWorld): Promise<string> {
  if (caller.partner !== null) return caller.partner;
  if (partnerNamed === null) return operatorRecord;
  if ((await findPartner(db, toPartnerId(partnerNamed))) === undefined)
    throw createUnknownPartnerError();
  return partnerNamed;
}
