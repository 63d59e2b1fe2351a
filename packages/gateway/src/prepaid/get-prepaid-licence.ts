import { ProblemError } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { findPrepaidLicence } from "../store/prepaid-licences.ts";
import { toWirePrepaidLicence } from "./to-wire.ts";

/** Reads one prepaid licence. */
export const getPrepaidLicence: PartnerReadRoom<"getPrepaidLicence"> = async (
  { path },
  { db, partner },
) => {
  const licence = await findPrepaidLicence(db, partner.id, path.prepaidLicenceId);
  if (licence === undefined)
    throw new ProblemError("not_found", `You have no prepaid licence ${path.prepaidLicenceId}.`);
  return { status: 200, body: toWirePrepaidLicence(licence, partner.terms) };
};
