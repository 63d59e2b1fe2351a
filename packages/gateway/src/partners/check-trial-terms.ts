import { isLongerTrial, trialLimitOf, type PartnerTerms } from "@evergate/core";
import { refuse, type Refused } from "../app/problem.ts";

/** What a partner may be allowed to offer (R6): only an xSP anything, never more than 2 months, and by default not more than its limit. */
export function refuseTrialTerms({ type, trialLimit, defaultTrial }: PartnerTerms): Refused | null {
  if (type !== "xsp" && (trialLimit !== null || defaultTrial !== null))
    return refuse(
      "trial_terms_not_allowed",
      "trialLimit and defaultTrial are an xSP's; resellers' and MSPs' trials are given by the rules (R6).",
    );
  const greatest = trialLimitOf({ trialLimit: null });
  if (trialLimit !== null && isLongerTrial(trialLimit, greatest))
    return refuse(
      "trial_exceeds_limit",
      "trialLimit is longer than 2 months, which no partner may exceed.",
    );
  if (defaultTrial !== null && isLongerTrial(defaultTrial, trialLimitOf({ trialLimit })))
    return refuse("trial_exceeds_limit", "defaultTrial is longer than what the partner may offer.");
  return null;
}
