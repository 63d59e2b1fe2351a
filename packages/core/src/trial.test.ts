import { describe, expect, test } from "vitest";
import { formatInstant } from "./calendar.ts";
import type { PartnerTerms, TrialLength } from "./terms.ts";
import { local, termsOf } from "./testing/builders.ts";
import { chooseTrial, openTrialWindow, trialNoticeAt } from "./trial.ts";

const xsp = (terms: Partial<PartnerTerms> = {}): PartnerTerms => termsOf({ type: "xsp", ...terms });

describe("R6 who gives which trial", () => {
  test.each(["reseller", "msp"] as const)(
    "a %s always gives the month of the start, and nothing else",
    (type) => {
      const terms = termsOf({ type, trialLimit: { days: 1 }, defaultTrial: { days: 1 } });
      expect(chooseTrial(undefined, terms)).toEqual({ months: 1 });
      expect(chooseTrial({ days: 14 }, terms)).toEqual({ code: "trial_not_offered" });
      expect(chooseTrial("none", terms)).toEqual({ code: "trial_not_offered" });
    },
  );

  test("an xSP gives what it offers, else its default, else none", () => {
    expect(chooseTrial({ days: 14 }, xsp())).toEqual({ days: 14 });
    expect(chooseTrial(undefined, xsp({ defaultTrial: { months: 1 } }))).toEqual({ months: 1 });
    expect(chooseTrial("none", xsp({ defaultTrial: { months: 1 } }))).toBeNull();
    expect(chooseTrial(undefined, xsp())).toBeNull();
  });

  const lengths: [offered: TrialLength, limit: TrialLength | null, isAllowed: boolean][] = [
    [{ months: 2 }, null, true],
    [{ months: 3 }, null, false],
    [{ days: 60 }, null, true],
    [{ days: 61 }, null, false],
    [{ months: 2 }, { months: 1 }, false],
    [{ days: 30 }, { months: 1 }, true],
    [{ days: 31 }, { months: 1 }, false],
    [{ months: 1 }, { days: 30 }, true],
    [{ months: 1 }, { days: 29 }, false],
    [{ months: 3 }, { months: 6 }, false],
  ];
  test.each(lengths)("%j within a limit of %j: %s", (offered, limit, isAllowed) => {
    const refusedWith = {
      code: "trial_exceeds_limit",
      limit: limit === null || ("months" in limit && limit.months > 2) ? { months: 2 } : limit,
    };
    expect(chooseTrial(offered, xsp({ trialLimit: limit }))).toEqual(
      isAllowed ? offered : refusedWith,
    );
  });

  test("a default above the limit is refused like any other", () => {
    const terms = xsp({ trialLimit: { days: 7 }, defaultTrial: { days: 14 } });
    expect(chooseTrial(undefined, terms)).toEqual({
      code: "trial_exceeds_limit",
      limit: { days: 7 },
    });
  });
});

describe("R6 when a trial ends", () => {
  const windows: [
    billingPeriod: PartnerTerms["billingPeriod"],
    length: TrialLength,
    startsAt: string,
    endsAt: string,
  ][] = [
    ["calendar_month", { months: 1 }, "2026-11-24 10:00", "2026-12-01"],
    ["calendar_month", { months: 1 }, "2026-11-01", "2026-12-01"],
    ["calendar_month", { months: 1 }, "2026-11-30 23:59", "2026-12-01"],
    ["calendar_month", { months: 2 }, "2026-12-31 10:00", "2027-02-01"],
    ["calendar_month", { days: 14 }, "2026-11-24 10:00", "2026-12-08"],
    ["calendar_month", { days: 1 }, "2026-11-24 23:59", "2026-11-25"],
    ["thirty_days", { months: 1 }, "2026-11-24 10:00", "2026-12-24"],
    ["thirty_days", { months: 2 }, "2026-11-24 10:00", "2027-01-23"],
    ["thirty_days", { days: 14 }, "2027-03-20 10:00", "2027-04-03"],
  ];
  test.each(windows)("%s, %j from %s until %s", (billingPeriod, length, startsAt, endsAt) => {
    const window = openTrialWindow(length, local(startsAt), termsOf({ billingPeriod }));
    expect(window).toEqual({ startsAt: local(startsAt), endsAt: local(endsAt) });
  });

  test("at the first instant of the day where midnight does not exist", () => {
    const terms = termsOf({ timeZone: "America/Havana" });
    const window = openTrialWindow({ days: 7 }, local("2026-03-01 12:00", "America/Havana"), terms);
    expect(formatInstant(window.endsAt)).toBe("2026-03-08T05:00:00Z");
  });
});

describe("the end is announced three local days before", () => {
  test("unless the trial is too short for that", () => {
    const notice = (startsAt: string, days: number) =>
      trialNoticeAt(openTrialWindow({ days }, local(startsAt), xsp()), "Europe/Bratislava");
    expect(notice("2026-11-24 10:00", 14)).toBe(local("2026-12-05"));
    expect(notice("2026-11-24 10:00", 4)).toBe(local("2026-11-25"));
    expect(notice("2026-11-24 10:00", 3)).toBeNull();
    expect(notice("2026-11-24", 3)).toBeNull();
  });
});
