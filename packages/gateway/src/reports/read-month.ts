import {
  dayOf,
  firstDayOf,
  formatInstant,
  monthOf,
  openReport,
  startOfDay,
  type Instant,
  type Month,
  type ReportSpan,
} from "@evergate/core";
import { refuseField, type Refused } from "../app/problem.ts";
import type { Partner } from "../store/partners.ts";

/** The month that a report is asked for: the one that runs, where none is named. */
export function readMonth(named: string | undefined, partner: Partner, at: Instant): Month {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract has checked its form
  return (named as Month | undefined) ?? monthOf(dayOf(at, partner.terms.timeZone));
}

/** What a report of a month is about, or that the month has not begun. */
export function readSpan(
  named: string | undefined,
  partner: Partner,
  at: Instant,
): ReportSpan | Refused {
  const month = readMonth(named, partner, at);
  const { timeZone } = partner.terms;
  return (
    openReport(month, timeZone, at) ??
    refuseField(
      "time_not_reached",
      "/query/month",
      `${month} begins at ${formatInstant(startOfDay(firstDayOf(month), timeZone))} for this partner; it is ${formatInstant(at)} now.`,
    )
  );
}
