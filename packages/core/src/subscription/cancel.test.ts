import { describe, expect, test } from "vitest";
import type { PartnerTerms } from "../terms.ts";
import { buildContext, day, local } from "../testing/builders.ts";
import {
  cancel,
  create,
  pause,
  stopAfter,
  stopAtEnd,
  stopNow,
  withdrawCancellation,
} from "../testing/orders.ts";
import { openPartner, readBills, type Partner } from "../testing/partner.ts";

const xspDays: Partial<PartnerTerms> = { type: "xsp", billingPeriod: "thirty_days" };

function open(terms: Partial<PartnerTerms> = {}, at = "2026-11-24 10:00"): Partner {
  const partner = openPartner(buildContext(terms), local("2026-11-01"));
  partner.order("one", create("one"), local(at));
  return partner;
}

/** When an accepted stop takes effect. */
function stopOf(partner: Partner, date: string | null, at: string): unknown {
  partner.order("one", date === null ? stopAtEnd : stopAfter(day(date)), local(at));
  return partner.get("one").cancellation?.effectiveAt;
}

describe("R11 when a stop takes effect", () => {
  test.each([
    [null, "2026-12-10", "2027-01-01"],
    ["2026-12-10", "2026-12-10 23:59", "2027-01-01"],
    ["2026-12-31", "2026-12-10", "2027-01-01"],
    ["2027-01-01", "2026-12-10", "2027-02-01"],
    ["2027-02-28", "2026-12-10", "2027-03-01"],
    ["2027-03-15", "2026-12-10", "2027-04-01"],
  ])("calendar months, active, date %s", (date, at, effectiveAt) => {
    expect(stopOf(open(), date, at)).toBe(local(effectiveAt));
  });

  test.each([
    [null, "2026-12-01"],
    ["2026-11-25", "2026-12-01"],
    ["2026-11-30", "2026-12-01"],
    ["2026-12-01", "2027-01-01"],
    ["2027-03-15", "2027-04-01"],
  ])("calendar months, in the trial, date %s", (date, effectiveAt) => {
    expect(stopOf(open(), date, "2026-11-25")).toBe(local(effectiveAt));
  });

  test.each([
    ["2026-12-07", "2026-12-08"],
    ["2026-12-08", "2027-01-01"],
  ])("a trial that ends on 8 Dec inside the month, date %s", (date, effectiveAt) => {
    expect(stopOf(open({ type: "xsp", defaultTrial: { days: 14 } }), date, "2026-11-25")).toBe(
      local(effectiveAt),
    );
  });

  // From 24 Nov: periods until 23 Dec, 22 Jan, 21 Feb.
  test.each([
    [null, "2026-12-24"],
    ["2026-12-23", "2026-12-24"],
    ["2026-12-24", "2027-01-23"],
    ["2027-01-22", "2027-01-23"],
    ["2027-01-23", "2027-02-22"],
  ])("30 days, active, date %s", (date, effectiveAt) => {
    expect(stopOf(open(xspDays), date, "2026-11-25")).toBe(local(effectiveAt));
  });

  // A trial until 24 Dec, then periods until 22 Jan and 21 Feb.
  test.each([
    [null, "2026-12-24"],
    ["2026-12-23", "2026-12-24"],
    ["2026-12-24", "2027-01-23"],
    ["2027-01-23", "2027-02-22"],
  ])("30 days, in the trial, date %s", (date, effectiveAt) => {
    expect(stopOf(open({ billingPeriod: "thirty_days" }), date, "2026-11-25")).toBe(
      local(effectiveAt),
    );
  });

  test("30 days that began anew after a pause move the end of the period that contains the date", () => {
    const partner = open(xspDays);
    expect(stopOf(partner, "2027-01-30", "2026-12-01")).toBe(local("2027-02-22"));
    partner.order("one", pause(local("2027-01-10")), local("2026-12-02"));
    partner.advanceTo(local("2027-01-10"));
    // Periods are now 10 Jan–8 Feb, 9 Feb–10 Mar.
    expect(partner.get("one").cancellation).toMatchObject({
      effectiveAt: local("2027-02-09"),
      throughOn: "2027-01-30",
    });
    partner.advanceTo(local("2027-06-01"));
    expect(partner.charges().map(({ period }) => period.endsOn)).toEqual([
      "2026-12-23",
      "2027-02-08",
    ]);
  });

  test("30 days whose date passed in a pause: the period that begins after it is the last one", () => {
    const partner = open(xspDays);
    expect(stopOf(partner, "2027-01-05", "2026-12-01")).toBe(local("2027-01-23"));
    partner.order("one", pause(local("2027-01-10")), local("2026-12-02"));
    partner.advanceTo(local("2027-01-10"));
    expect(partner.get("one").cancellation?.effectiveAt).toBe(local("2027-02-09"));
  });
});

describe("R11 what is charged for a stop", () => {
  test("the last period, in full", () => {
    const partner = open();
    partner.order("one", stopAtEnd, local("2026-12-01"));
    partner.advanceTo(local("2027-03-01"));
    expect(readBills(partner)).toEqual(["2026-12: 2026-12-01/2026-12-31 10 × 2.00 = 20.00"]);
  });

  test("at once: the period already begun, at its end", () => {
    const partner = open();
    partner.order("one", stopNow, local("2026-12-01 00:01"));
    expect(partner.get("one")).toMatchObject({
      status: "canceled",
      stoppedAt: local("2026-12-01 00:01"),
      period: { endsOn: "2026-12-31" },
    });
    partner.advanceTo(local("2027-03-01"));
    expect(readBills(partner)).toHaveLength(1);
    expect(partner.get("one").period).toBeNull();
  });

  test("in the trial: nothing, be it at once or at its end", () => {
    for (const order of [stopNow, stopAtEnd, stopAfter(day("2026-11-26"))]) {
      const partner = open();
      partner.order("one", order, local("2026-11-25"));
      partner.advanceTo(local("2027-03-01"));
      expect(readBills(partner)).toEqual([]);
      expect(partner.get("one").status).toBe("canceled");
    }
  });

  test("in a pause it stops at once, whatever was asked", () => {
    for (const order of [stopNow, stopAtEnd, stopAfter(day("2027-06-01"))]) {
      const partner = open();
      partner.order("one", pause({ days: 90 }), local("2026-12-10"));
      partner.order("one", order, local("2026-12-11"));
      expect(partner.get("one")).toMatchObject({
        status: "canceled",
        stoppedAt: local("2026-12-11"),
      });
      partner.advanceTo(local("2027-06-01"));
      expect(readBills(partner)).toHaveLength(1);
    }
  });

  test("before its start it stops at once, with nothing charged", () => {
    const partner = open();
    partner.order(
      "two",
      create("two", { startsAt: local("2026-12-20") }),
      local("2026-11-24 11:00"),
    );
    partner.order("two", stopAtEnd, local("2026-12-11"));
    partner.advanceTo(local("2027-06-01"));
    expect(partner.facts("two").map(({ type }) => type)).toEqual([
      "subscription.created",
      "subscription.canceled",
    ]);
  });
});

describe("a stop that has not taken effect", () => {
  test("leaves it in service, and can be withdrawn", () => {
    const partner = open();
    partner.order("one", stopAtEnd, local("2026-12-10"));
    expect(partner.get("one").status).toBe("active");
    expect(partner.order("one", withdrawCancellation, local("2026-12-31 23:59"))).toBeNull();
    expect(partner.order("one", withdrawCancellation, local("2026-12-31 23:59"))).toBe(
      "no_cancellation_scheduled",
    );
    partner.advanceTo(local("2027-02-01"));
    expect(readBills(partner)).toHaveLength(2);
  });

  test("is replaced by a second order", () => {
    const partner = open();
    expect(stopOf(partner, "2027-03-15", "2026-12-10")).toBe(local("2027-04-01"));
    expect(stopOf(partner, null, "2026-12-11")).toBe(local("2027-01-01"));
    expect(partner.get("one").cancellation).toEqual({
      effectiveAt: local("2027-01-01"),
      requestedAt: local("2026-12-11"),
      throughOn: null,
    });
  });
});

describe("refusals of a stop, in order of precedence", () => {
  test("subscription_stopped", () => {
    const partner = open();
    partner.order("one", stopNow, local("2026-12-10"));
    expect(partner.order("one", stopAfter(day("2020-01-01")), local("2026-12-10"))).toBe(
      "subscription_stopped",
    );
  });
  test("cancellation_date_not_allowed with now", () => {
    const order = cancel({ effective: "now", date: day("2020-01-01") });
    expect(open().order("one", order, local("2026-12-10"))).toBe("cancellation_date_not_allowed");
  });
  test("cancellation_date_in_past", () => {
    expect(open().order("one", stopAfter(day("2026-12-09")), local("2026-12-10"))).toBe(
      "cancellation_date_in_past",
    );
  });
});
