import { formatInstant, type PrepaidChangeRefusal } from "@evergate/core";
import { refuse, refuseField, type Refused } from "../app/problem.ts";
import { maximumOpenLicences } from "../store/prepaid-licences.ts";

/** The core's refusal in a sentence: what is wrong, and what would be right. */
export function describePrepaidRefusal(refusal: PrepaidChangeRefusal): string {
  switch (refusal.code) {
    case "prepaid_licence_ended":
      return `The licence ended at ${formatInstant(refusal.endedAt)}. Register what follows it as a licence of its own.`;
    case "prepaid_ends_before_start":
      return `endsOn is before ${refusal.startsOn}, the first day of the licence.`;
    case "prepaid_ends_in_past":
      return `endsOn has passed; today is ${refusal.today} for this partner.`;
    default:
      return refusal satisfies never;
  }
}

export function refusePrepaidLicence(refusal: PrepaidChangeRefusal): Refused {
  const detail = describePrepaidRefusal(refusal);
  return refusal.code === "prepaid_licence_ended"
    ? refuse(refusal.code, detail)
    : refuseField(refusal.code, "/endsOn", detail);
}

export const tooManyLicences: string = `The customer holds ${maximumOpenLicences} licences for this product that have not ended, as many as it can.`;
