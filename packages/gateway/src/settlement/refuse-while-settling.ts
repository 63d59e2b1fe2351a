import type { Instant } from "@evergate/core";
import { refuse, type Refused } from "../app/problem.ts";
import type { Partner } from "../store/partners.ts";

/**
 * Refuses a change of what a bill is made with (the tax rate, a name) between a month's end and its settlement:
 * the bill has to come out as if it had been made in time (R2, R3). `at` is the partner's time; null where nothing is due.
 */
export function refuseWhileSettling(partner: Partner, at: Instant): Refused | null {
  if (partner.settlementDueAt > at) return null;
  return refuse(
    "unavailable",
    `The bill for ${partner.settlementMonth} is being made. Nothing was changed; try again in a moment.`,
  );
}
