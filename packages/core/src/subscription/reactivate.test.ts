import { describe, expect, test } from "vitest";
import type { PartnerTerms } from "../terms.ts";
import { buildContext, heldUntil, local } from "../testing/builders.ts";
import { carryOut } from "../testing/command.ts";
import { create, pause, reactivate, reactivateWith, resume, stopNow } from "../testing/orders.ts";
import { openPartner, readBills, type Partner } from "../testing/partner.ts";
import { advance } from "./advance.ts";

const xspDays: Partial<PartnerTerms> = { type: "xsp", billingPeriod: "thirty_days" };

function open(terms: Partial<PartnerTerms> = {}, at = "2026-11-24 10:00"): Partner {
  const partner = openPartner(buildContext(terms), local("2026-11-01"));
  partner.order("one", create("one"), local(at));
  return partner;
}

describe("R12 reactivation", () => {
  test("in the trial window: what is left of it is free, and it ends when it always would", () => {
    const partner = open();
    partner.order("one", stopNow, local("2026-11-25"));
    partner.order("one", reactivate, local("2026-11-28"));
    expect(partner.get("one")).toMatchObject({
      status: "trialing",
      trial: { endsAt: local("2026-12-01") },
    });
    expect(
      partner
        .facts("one")
        .slice(-2)
        .map(({ type }) => type),
    ).toEqual(["subscription.reactivated", "subscription.activated"]);
  });

  test("after the window: no new trial, the month in full", () => {
    const partner = open({ type: "xsp", defaultTrial: { days: 14 } });
    partner.order("one", stopNow, local("2026-11-25"));
    partner.order("one", reactivate, local("2026-12-20"));
    expect(partner.get("one").status).toBe("active");
    partner.advanceTo(local("2027-01-01"));
    expect(readBills(partner)).toEqual(["2026-12: 2026-12-01/2026-12-31 10 × 2.00 = 20.00"]);
  });

  test("exactly as the window ends: no trial is left, and it is not by the day", () => {
    const partner = open({ type: "xsp", defaultTrial: { days: 14 } });
    partner.order("one", stopNow, local("2026-11-25"));
    partner.order("one", reactivate, local("2026-12-08"));
    expect(partner.get("one")).toMatchObject({
      status: "active",
      period: { prorated: false, paidFromOn: "2026-12-08" },
    });
  });

  test("30 days: in the period still open it goes on, later a new one begins on that day", () => {
    const partner = open(xspDays);
    partner.order("one", stopNow, local("2026-11-25"));
    partner.order("one", reactivate, local("2026-12-23"));
    partner.order("one", stopNow, local("2026-12-23"));
    partner.order("one", reactivate, local("2026-12-24 12:00"));
    partner.advanceTo(local("2027-01-23"));
    expect(partner.charges().map(({ period }) => period)).toEqual([
      { startsOn: "2026-11-24", endsOn: "2026-12-23" },
      { startsOn: "2026-12-24", endsOn: "2027-01-22" },
    ]);
  });

  test("refused in service and paused", () => {
    const partner = open();
    expect(partner.order("one", reactivate, local("2026-12-10"))).toBe("subscription_not_stopped");
    partner.order("one", pause({ days: 5 }), local("2026-12-10"));
    expect(partner.order("one", reactivate, local("2026-12-10"))).toBe("subscription_not_stopped");
    expect(partner.order("one", resume, local("2026-12-10"))).toBeNull();
  });

  test("with another quantity or product, which must be allowed", () => {
    const partner = open();
    partner.order("one", stopNow, local("2026-12-10"));
    expect(partner.order("one", reactivateWith({ quantity: 0 }), local("2026-12-11"))).toBe(
      "quantity_out_of_range",
    );
    partner.order("one", reactivateWith({ quantity: 3 }), local("2027-01-11"));
    partner.advanceTo(local("2027-02-01"));
    expect(readBills(partner).at(-1)).toBe("2027-01: 2027-01-01/2027-01-31 3 × 2.00 = 6.00");
  });

  test("R14 not while a prepaid licence is held", () => {
    const partner = openPartner(buildContext({}, {}, heldUntil("2026-11-24")), local("2026-11-01"));
    partner.order("one", create("one", { startsAt: local("2026-11-24") }), local("2026-11-10"));
    partner.order("one", stopNow, local("2026-11-20"));
    expect(partner.order("one", reactivate, local("2026-11-23"))).toBe("prepaid_licence_held");
    expect(partner.order("one", reactivate, local("2026-11-24"))).toBeNull();
  });

  test("R14 when_prepaid_ends: scheduled until the licence ends, and never by the day", () => {
    const partner = openPartner(
      buildContext({ type: "xsp" }, {}, heldUntil("2027-02-10")),
      local("2026-11-01"),
    );
    partner.order("one", create("one", { startsAt: local("2027-02-10") }), local("2026-11-10"));
    partner.order("one", stopNow, local("2026-11-20"));
    const wait = reactivateWith({ startsAt: "when_prepaid_ends", quantity: 4 });
    expect(partner.order("one", wait, local("2026-11-23"))).toBeNull();
    expect(partner.get("one")).toMatchObject({
      status: "scheduled",
      startsAt: local("2027-02-10"),
      quantity: 4,
    });
    partner.advanceTo(local("2027-02-10"));
    expect(partner.get("one").status).toBe("active");
  });

  test("R16 R18 taken up again after a licence: the period stopped in is charged once, the next one in full", () => {
    const context = (until: string) => buildContext({ type: "xsp" }, {}, heldUntil(until));
    const partner = openPartner(context("2026-12-20"), local("2026-11-01"));
    partner.order("one", create("one", { startsAt: "when_prepaid_ends" }), local("2026-11-10"));
    partner.order("one", stopNow, local("2026-12-22"));
    const later = carryOut(
      partner.get("one"),
      reactivateWith({ startsAt: "when_prepaid_ends" }),
      context("2027-02-10"),
      local("2026-12-23"),
    );
    if (!later.accepted) throw new Error(later.refusal.code);
    expect(later.facts.map(({ type }) => type)).toEqual(["subscription.reactivated"]);
    const { facts } = advance(later.subscription, local("2027-03-01"), context("2027-02-10"));
    expect(
      facts.flatMap(({ charge }) =>
        charge === null ? [] : [[charge.period.startsOn, charge.days, charge.quantity]],
      ),
    ).toEqual([
      ["2026-12-01", { charged: 12, of: 31 }, 10],
      ["2027-02-01", null, 10],
    ]);
    expect(facts.map(({ type }) => type)).toEqual([
      "charge.created",
      "subscription.activated",
      "charge.created",
      "subscription.renewed",
    ]);
  });

  test("R14 where no licence is held it begins now", () => {
    const partner = open();
    partner.order("one", stopNow, local("2026-11-25"));
    partner.order("one", reactivateWith({ startsAt: "when_prepaid_ends" }), local("2026-11-28"));
    expect(partner.get("one").status).toBe("trialing");
  });
});
