import { describe, expect, test } from "vitest";
import type { TermOrder } from "./term.ts";
import { buildContext, local } from "./testing/builders.ts";
import { change, create, pause, reactivate, stopAtEnd, stopNow } from "./testing/orders.ts";
import { openPartner, type Partner } from "./testing/partner.ts";

function open(term: TermOrder | null): Partner {
  const partner = openPartner(buildContext(), local("2026-11-01"));
  partner.order("one", create("one", { term }), local("2026-11-24"));
  return partner;
}

const months = (partner: Partner): readonly string[] =>
  partner.charges().map(({ period }) => period.startsOn.slice(0, 7));

describe("R13 a term of paid periods", () => {
  test("expires after the last one; the trial does not count", () => {
    const partner = open({ periods: 2, renews: false });
    partner.advanceTo(local("2027-06-01"));
    expect(months(partner)).toEqual(["2026-12", "2027-01"]);
    expect(partner.get("one")).toMatchObject({
      status: "expired",
      stoppedAt: local("2027-02-01"),
      term: { used: 2 },
    });
    expect(partner.facts("one").at(-1)).toMatchObject({
      type: "subscription.expired",
      at: local("2027-02-01"),
    });
  });

  test("a wholly paused period does not count, a partly paused one does", () => {
    const partner = open({ periods: 2, renews: false });
    partner.order("one", pause(local("2027-02-10")), local("2026-12-20"));
    partner.advanceTo(local("2027-06-01"));
    expect(months(partner)).toEqual(["2026-12", "2027-02"]);
    expect(partner.get("one")).toMatchObject({ status: "expired", stoppedAt: local("2027-03-01") });
  });

  test("ends in a pause, too", () => {
    const partner = open({ periods: 1, renews: false });
    partner.order("one", pause(local("2027-02-10")), local("2026-12-20"));
    partner.advanceTo(local("2027-06-01"));
    expect(months(partner)).toEqual(["2026-12"]);
    expect(partner.get("one")).toMatchObject({ status: "expired", stoppedAt: local("2027-01-01") });
  });

  test("set to renew it takes another term of the same length", () => {
    const partner = open({ periods: 2, renews: true });
    partner.advanceTo(local("2027-02-01"));
    expect(partner.get("one")).toMatchObject({
      status: "active",
      term: { periods: 2, used: 0, renews: true },
    });
    partner.order("one", change({ term: { periods: 2, renews: false } }), local("2027-02-10"));
    partner.advanceTo(local("2027-06-01"));
    expect(months(partner)).toEqual(["2026-12", "2027-01", "2027-02", "2027-03"]);
    expect(partner.get("one").status).toBe("expired");
  });

  test("can be prolonged while it runs, but not shortened", () => {
    const partner = open({ periods: 2, renews: false });
    expect(
      partner.order("one", change({ term: { periods: 1, renews: false } }), local("2027-01-10")),
    ).toBe("term_not_prolonged");
    expect(
      partner.order("one", change({ term: { periods: 3, renews: false } }), local("2027-01-10")),
    ).toBeNull();
    partner.advanceTo(local("2027-06-01"));
    expect(months(partner)).toEqual(["2026-12", "2027-01", "2027-02"]);
    expect(
      partner.order("one", change({ term: { periods: 9, renews: false } }), local("2027-06-01")),
    ).toBe("subscription_stopped");
  });

  test("can become continuous, and from continuous the running period is its first", () => {
    const partner = open({ periods: 1, renews: false });
    partner.order("one", change({ term: null }), local("2026-12-10"));
    partner.advanceTo(local("2027-02-10"));
    expect(partner.get("one")).toMatchObject({ status: "active", term: null });
    partner.order("one", change({ term: { periods: 2, renews: false } }), local("2027-02-10"));
    partner.advanceTo(local("2027-06-01"));
    expect(months(partner)).toEqual(["2026-12", "2027-01", "2027-02", "2027-03"]);
  });
});

describe("R12 R13 a term after reactivation", () => {
  test("begins anew when it had expired", () => {
    const partner = open({ periods: 1, renews: false });
    partner.order("one", reactivate, local("2027-03-10"));
    expect(partner.get("one").term).toEqual({ periods: 1, used: 0, renews: false });
    partner.advanceTo(local("2027-06-01"));
    expect(months(partner)).toEqual(["2026-12", "2027-03"]);
    expect(partner.get("one").status).toBe("expired");
  });

  test("goes on when a stop had cut it short", () => {
    const partner = open({ periods: 2, renews: false });
    partner.order("one", stopAtEnd, local("2026-12-10"));
    partner.order("one", reactivate, local("2027-03-10"));
    expect(partner.get("one").term?.used).toBe(1);
    partner.advanceTo(local("2027-06-01"));
    expect(months(partner)).toEqual(["2026-12", "2027-03"]);
  });

  test("begins anew when its last period ran out after a stop at once, and ends with it when taken up before", () => {
    const late = open({ periods: 1, renews: false });
    late.order("one", stopNow, local("2026-12-10"));
    late.advanceTo(local("2027-01-01"));
    expect(late.get("one")).toMatchObject({ status: "canceled", term: { used: 1 } });
    late.order("one", reactivate, local("2027-01-10"));
    expect(late.get("one").term?.used).toBe(0);

    const early = open({ periods: 1, renews: false });
    early.order("one", stopNow, local("2026-12-10"));
    early.order("one", reactivate, local("2026-12-20"));
    early.advanceTo(local("2027-01-01"));
    expect(early.get("one").status).toBe("expired");
  });
});
