import { refuse, refuseField } from "../app/problem.ts";
import type { WriteRoom } from "../app/room.ts";
import type { components } from "../generated/api.ts";
import { toPartnerId } from "../ids.ts";
import { refuseWhileSettling } from "../settlement/refuse-while-settling.ts";
import { lockPartnerToChange, partnerNow, type Partner } from "../store/partners.ts";
import { readCompany, refuseTaxTerms } from "./check-tax-terms.ts";
import { refuseTrialTerms } from "./check-trial-terms.ts";
import { savePartner } from "./save-partner.ts";

/** Changes what was agreed with a partner. What stands on bills counts for those made from now on; a trial already granted stays as it is. */
export const updatePartner: WriteRoom<"updatePartner"> = async ({ path, body }, world) => {
  const before = await lockPartnerToChange(
    world.tx,
    world.services.store.dialect,
    toPartnerId(path.partnerId),
  );
  if (before === undefined) return refuse("not_found", `There is no partner ${path.partnerId}.`);
  const { timeZone } = before.terms;
  if (body.timeZone !== undefined && body.timeZone !== timeZone)
    return refuseField(
      "time_zone_fixed",
      "/timeZone",
      `The time zone stays ${timeZone}: every day, period and month that has begun would begin elsewhere. Make another partner for another time zone.`,
    );
  const due = isOnBills(body)
    ? refuseWhileSettling(before, partnerNow(before, world.services.now()))
    : null;
  if (due !== null) return due;
  const after: Partner = {
    ...before,
    name: body.name ?? before.name,
    industry: body.industry === undefined ? before.industry : body.industry,
    taxRate: body.taxRate ?? before.taxRate,
    reverseCharge: body.reverseCharge ?? before.reverseCharge,
    company:
      body.company === undefined
        ? before.company
        : body.company === null
          ? null
          : readCompany(body.company),
    metadata: body.metadata ?? before.metadata,
    terms: {
      ...before.terms,
      trialLimit: body.trialLimit === undefined ? before.terms.trialLimit : body.trialLimit,
      defaultTrial: body.defaultTrial === undefined ? before.terms.defaultTrial : body.defaultTrial,
    },
  };
  const refusal =
    refuseTrialTerms(after.terms) ??
    (body.company === undefined && body.reverseCharge === undefined
      ? null
      : await refuseTaxTerms(world.tx, after));
  if (refusal !== null) return refusal;
  return {
    status: 200,
    body: await savePartner(world, "updatePartner", "partner.updated", before, after),
  };
};

/** Whether a change would show on the partner's next bill. */
function isOnBills({
  name,
  taxRate,
  reverseCharge,
  company,
}: components["schemas"]["PartnerPatch"]): boolean {
  return [name, taxRate, reverseCharge, company].some((value) => value !== undefined);
}
