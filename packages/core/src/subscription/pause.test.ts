import { describe, expect, test } from "vitest";
import type { PartnerTerms } from "../terms.ts";
import { buildContext, local } from "../testing/builders.ts";
import { cancel, create, pause, resume, stopAtEnd, stopNow } from "../testing/orders.ts";
import { openPartner, readBills, type Partner } from "../testing/partner.ts";
import type { PauseOrder } from "./pause.ts";

function open(terms: Partial<PartnerTerms> = {}): Partner {
  const partner = openPartner(buildContext(terms), local("2026-11-01", terms.timeZone));
  partner.order("one", create("one"), local("2026-11-24 10:00", terms.timeZone));
  return partner;
}

const types = (partner: Partner): readonly string[] =>
  partner.facts("one").map(({ type }) => type.replace("subscription.", ""));

describe("R9 the term of a pause", () => {
  const pauseOf = (order: PauseOrder, at: string): unknown => {
    const partner = open();
    partner.order("one", { kind: "pause", order }, local(at));
    const state = partner.get("one");
    return "pause" in state ? state.pause : undefined;
  };

  test.each([
    ["2026-12-10 15:00", { startsAt: null, until: { days: 1 } }, "2026-12-10 15:00", "2026-12-11"],
    ["2026-12-10", { startsAt: null, until: { days: 1 } }, "2026-12-10", "2026-12-11"],
    ["2026-12-10 23:59", { startsAt: null, until: { days: 30 } }, "2026-12-10 23:59", "2027-01-09"],
    [
      "2026-12-10",
      { startsAt: local("2026-12-20 12:00"), until: { days: 3 } },
      "2026-12-20 12:00",
      "2026-12-23",
    ],
    [
      "2026-12-10",
      { startsAt: local("2026-12-20 12:00"), until: local("2026-12-20 13:00") },
      "2026-12-20 12:00",
      "2026-12-20 13:00",
    ],
    ["2027-03-27 12:00", { startsAt: null, until: { days: 2 } }, "2027-03-27 12:00", "2027-03-29"],
  ] as const)("ordered at %s: %j", (at, order, startsAt, resumesAt) => {
    expect(pauseOf(order, at)).toEqual({ startsAt: local(startsAt), resumesAt: local(resumesAt) });
  });

  test("days are counted to a midnight that does not exist", () => {
    const havana = "America/Havana";
    const partner = open({ timeZone: havana });
    partner.order("one", pause({ days: 3 }), local("2027-03-11 20:00", havana));
    // 14 Mar 2027 begins at 01:00 in Havana.
    expect(partner.get("one")).toMatchObject({ pause: { resumesAt: local("2027-03-14", havana) } });
  });

  test("an xSP may leave the end open, and resume it by request", () => {
    const partner = open({ type: "xsp" });
    partner.order("one", pause(null), local("2026-12-10"));
    partner.advanceTo(local("2027-12-10"));
    expect(partner.get("one").status).toBe("paused");
    partner.order("one", resume, local("2027-12-10"));
    expect(partner.get("one")).toMatchObject({ status: "active", pause: null });
  });
});

describe("R9 R10 while paused nothing renews", () => {
  test("it resumes by itself, and the facts say so", () => {
    const partner = open();
    partner.order("one", pause(local("2027-02-10"), local("2026-12-20")), local("2026-12-10"));
    partner.advanceTo(local("2027-02-10"));
    expect(types(partner).slice(3)).toEqual([
      "trial_will_end",
      "trial_ended",
      "pause_scheduled",
      "paused",
      "charge.created",
      "resumed",
    ]);
    expect(partner.facts("one").at(-1)).toMatchObject({
      at: local("2027-02-10"),
      after: { status: "active", period: { startsOn: "2027-02-01" } },
    });
  });

  test("paused and resumed in one period: charged once", () => {
    const partner = open();
    partner.order("one", pause({ days: 2 }), local("2026-12-05"));
    partner.order("one", pause({ days: 2 }), local("2026-12-15"));
    partner.advanceTo(local("2027-01-01"));
    expect(readBills(partner)).toEqual(["2026-12: 2026-12-01/2026-12-31 10 × 2.00 = 20.00"]);
  });

  test("R18 resumed inside a month: the whole month is charged", () => {
    const partner = open();
    partner.order("one", pause(local("2027-01-31 23:00")), local("2026-12-05"));
    partner.advanceTo(local("2027-02-01"));
    expect(readBills(partner).at(-1)).toBe("2027-01: 2027-01-01/2027-01-31 10 × 2.00 = 20.00");
  });

  test("R6 a pause does not move the trial's end", () => {
    const partner = open({ type: "xsp", defaultTrial: { days: 14 } });
    partner.order("one", pause(local("2026-12-20")), local("2026-11-26"));
    partner.advanceTo(local("2026-12-19"));
    expect(types(partner).slice(3)).toEqual(["paused", "trial_will_end", "trial_ended"]);
    expect(partner.get("one")).toMatchObject({ status: "paused", period: null });
    partner.advanceTo(local("2027-01-01"));
    // R18: paid service first begins after a pause, so that the month is charged in full.
    expect(readBills(partner)).toEqual(["2026-12: 2026-12-01/2026-12-31 10 × 2.00 = 20.00"]);
  });

  test("R18 resumed by order after the trial has ended: that is after a pause, too", () => {
    const partner = open({ type: "xsp", defaultTrial: { days: 14 } });
    partner.order("one", pause(null), local("2026-11-26"));
    partner.order("one", resume, local("2026-12-20"));
    partner.advanceTo(local("2027-01-01"));
    expect(readBills(partner)).toEqual(["2026-12: 2026-12-01/2026-12-31 10 × 2.00 = 20.00"]);
  });

  test("R18 resumed exactly as the trial ends: that is after a pause", () => {
    const partner = open({ type: "xsp", defaultTrial: { days: 14 } });
    partner.order("one", pause(local("2026-12-08")), local("2026-11-26"));
    partner.advanceTo(local("2027-01-01"));
    expect(readBills(partner)).toEqual(["2026-12: 2026-12-01/2026-12-31 10 × 2.00 = 20.00"]);
  });

  test("R18 resumed before the trial ends: charged by the day", () => {
    const partner = open({ type: "xsp", defaultTrial: { days: 14 } });
    partner.order("one", pause(local("2026-12-07")), local("2026-11-26"));
    expect(partner.get("one").status).toBe("paused");
    partner.advanceTo(local("2026-12-07"));
    expect(partner.get("one").status).toBe("trialing");
    partner.advanceTo(local("2027-01-01"));
    expect(readBills(partner)).toEqual([
      "2026-12: 2026-12-01/2026-12-31 10 × 2.00 × 24/31 = 15.48",
    ]);
  });

  test("R15 30 days: resumed within the period it goes on, and the next follows on", () => {
    const partner = open({ type: "xsp", billingPeriod: "thirty_days" });
    partner.order("one", pause(local("2026-12-23")), local("2026-12-01"));
    partner.advanceTo(local("2027-01-25"));
    expect(partner.charges().map(({ period }) => period)).toEqual([
      { startsOn: "2026-11-24", endsOn: "2026-12-23" },
      { startsOn: "2026-12-24", endsOn: "2027-01-22" },
    ]);
  });

  test("R15 30 days: resumed on the first day after the period, the next one begins there", () => {
    const partner = open({ type: "xsp", billingPeriod: "thirty_days" });
    partner.order("one", pause(local("2026-12-24 08:00")), local("2026-12-01"));
    partner.advanceTo(local("2026-12-25"));
    expect(partner.get("one").period).toMatchObject({
      startsOn: "2026-12-24",
      endsOn: "2027-01-22",
    });
  });
});

describe("refusals of a pause, in order of precedence", () => {
  const past = local("2020-01-01");
  test("subscription_stopped", () => {
    const partner = open();
    partner.order("one", stopNow, local("2026-12-05"));
    expect(partner.order("one", pause(null, past), local("2026-12-06"))).toBe(
      "subscription_stopped",
    );
  });
  test("subscription_not_started", () => {
    const partner = open();
    partner.order("two", create("two", { startsAt: local("2026-12-20") }), local("2026-12-01"));
    expect(partner.order("two", pause(null, past), local("2026-12-06"))).toBe(
      "subscription_not_started",
    );
  });
  test("subscription_already_paused, pause_already_scheduled until withdrawn", () => {
    const partner = open();
    partner.order("one", pause({ days: 5 }, local("2026-12-10")), local("2026-12-05"));
    expect(partner.order("one", pause(null, past), local("2026-12-06"))).toBe(
      "pause_already_scheduled",
    );
    partner.order("one", resume, local("2026-12-06"));
    expect(types(partner).at(-1)).toBe("pause_withdrawn");
    expect(partner.order("one", pause({ days: 5 }), local("2026-12-06"))).toBeNull();
    expect(partner.order("one", pause(null, past), local("2026-12-06"))).toBe(
      "subscription_already_paused",
    );
  });
  test.each([
    [{ startsAt: past, until: null }, "pause_starts_in_past"],
    [{ startsAt: null }, "pause_end_required"],
    [{ startsAt: null, until: null }, "open_ended_pause_not_allowed"],
    [{ startsAt: null, until: local("2026-12-05") }, "pause_ends_before_start"],
    [{ startsAt: local("2026-12-10"), until: local("2026-12-09") }, "pause_ends_before_start"],
    [{ startsAt: null, until: { days: 0 } }, "pause_ends_before_start"],
  ] as const)("%j: %s", (order, code) => {
    expect(open().order("one", { kind: "pause", order }, local("2026-12-05"))).toBe(code);
  });
  test("an xSP need not say an end", () => {
    expect(open({ type: "xsp" }).order("one", pause(undefined), local("2026-12-05"))).toBeNull();
  });
  test("subscription_not_paused, when resumed in service or stopped", () => {
    const partner = open();
    expect(partner.order("one", resume, local("2026-12-05"))).toBe("subscription_not_paused");
    partner.order("one", cancel({ effective: "now" }), local("2026-12-05"));
    expect(partner.order("one", resume, local("2026-12-05"))).toBe("subscription_not_paused");
  });
});

test("a stop at the period's end comes in a pause, too", () => {
  const partner = open();
  partner.order("one", stopAtEnd, local("2026-12-05"));
  partner.order("one", pause({ days: 90 }), local("2026-12-06"));
  partner.advanceTo(local("2027-01-01"));
  expect(partner.get("one")).toMatchObject({ status: "canceled", stoppedAt: local("2027-01-01") });
  expect(readBills(partner)).toHaveLength(1);
});
