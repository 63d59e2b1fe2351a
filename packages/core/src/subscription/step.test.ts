import { describe, expect, test } from "vitest";
import { toInstant } from "../calendar.ts";
import { buildContext, day, local, productB } from "../testing/builders.ts";
import {
  change,
  changeNext,
  create,
  pause,
  reactivate,
  resume,
  stopAfter,
  stopAtEnd,
  stopNow,
  withdrawCancellation,
} from "../testing/orders.ts";
import { openPartner, readBills, type Partner } from "../testing/partner.ts";
import type { PartnerTerms } from "../terms.ts";
import { advance } from "./advance.ts";
import { changeSubscription } from "./change.ts";
import { pauseSubscription } from "./pause.ts";

// R2: what happens first where much happens at one instant. 1 Jan 2027 is the midnight at which December closes.

function openActive(terms: Partial<PartnerTerms> = {}): Partner {
  const partner = openPartner(buildContext(terms), local("2026-11-01"));
  partner.order("one", create("one", { term: null }), local("2026-11-24 10:00"));
  return partner;
}

/** The types of all facts dated `at`. */
function factsAt(partner: Partner, at: string): readonly string[] {
  return partner
    .facts("one")
    .filter((fact) => fact.at === local(at))
    .map((fact) => fact.type.replace("subscription.", ""));
}

describe("R2 what is due comes before a command at the same instant", () => {
  test("a decrease ordered as a period begins counts from the next one", () => {
    const partner = openActive();
    partner.order("one", change({ quantity: 5 }), local("2027-01-01"));
    partner.advanceTo(local("2027-03-01"));
    expect(readBills(partner).map((line) => line.split(" = ")[1])).toEqual([
      "20.00",
      "20.00",
      "10.00",
    ]);
  });

  test("a decrease ordered a millisecond before counts at once", () => {
    const partner = openActive();
    partner.order("one", change({ quantity: 5 }), toInstant(local("2027-01-01") - 1));
    partner.advanceTo(local("2027-02-01"));
    expect(readBills(partner).map((line) => line.split(" = ")[1])).toEqual(["20.00", "10.00"]);
  });

  test("an increase ordered as a period begins counts for it, and not for the one that closes", () => {
    const partner = openActive();
    partner.order("one", change({ quantity: 25 }), local("2027-01-01"));
    partner.advanceTo(local("2027-02-01"));
    expect(readBills(partner).map((line) => line.split(" = ")[1])).toEqual(["20.00", "50.00"]);
  });

  test("a hard stop as a period begins still pays for it, and a pause, too", () => {
    for (const order of [stopNow, pause({ days: 90 })]) {
      const partner = openActive();
      partner.order("one", order, local("2027-01-01"));
      partner.advanceTo(local("2027-03-01"));
      expect(readBills(partner)).toHaveLength(2);
    }
  });

  test("a withdrawal at the instant of the stop comes too late", () => {
    const partner = openActive();
    partner.order("one", stopAtEnd, local("2026-12-10"));
    expect(partner.order("one", withdrawCancellation, local("2027-01-01"))).toBe(
      "no_cancellation_scheduled",
    );
    expect(partner.get("one").status).toBe("canceled");
  });

  test("also where nothing has been carried out since long before", () => {
    const context = buildContext();
    const fresh = openActive().get("one");
    const decision = changeSubscription(
      fresh,
      { quantity: 5, effective: "now" },
      context,
      local("2027-01-01"),
    );
    if (!decision.accepted) throw new Error(decision.refusal.code);
    expect(decision.facts.map(({ type }) => type.replace("subscription.", ""))).toEqual([
      "trial_will_end",
      "trial_ended",
      "charge.created",
      "renewed",
      "quantity_changed",
    ]);
    expect(decision.facts.at(-2)).toMatchObject({
      at: local("2027-01-01"),
      after: { quantity: 10 },
    });
    expect(decision.subscription.period?.dearest.quantity).toBe(10);
  });

  test("a refusal tells of the state at its instant, not of the one that was stored", () => {
    const partner = openActive();
    partner.order("one", stopAtEnd, local("2026-12-10"));
    const decision = pauseSubscription(
      partner.get("one"),
      { startsAt: null, until: { days: 1 } },
      buildContext(),
      local("2027-01-01"),
    );
    expect(decision).toEqual({
      accepted: false,
      refusal: { code: "subscription_stopped", stoppedAt: local("2027-01-01") },
    });
  });

  test("a command by a clock that is a little behind counts at the latest instant already reached", () => {
    const context = buildContext();
    const { subscription } = advance(openActive().get("one"), local("2026-12-10"), context);
    const decision = pauseSubscription(
      subscription,
      { startsAt: null, until: { days: 1 } },
      context,
      local("2026-12-09"),
    );
    expect(decision.accepted && decision.subscription).toMatchObject({
      pause: { startsAt: local("2026-12-10"), resumesAt: local("2026-12-11") },
    });
  });
});

describe("R2 at one instant a period closes, then changes take effect, then the next one opens", () => {
  test("a stop at the period's end lets no other begin", () => {
    const partner = openActive();
    partner.order("one", stopAtEnd, local("2026-12-10"));
    partner.advanceTo(local("2027-03-01"));
    expect(factsAt(partner, "2027-01-01")).toEqual(["charge.created", "canceled"]);
    expect(readBills(partner)).toHaveLength(1);
  });

  test("a pause that begins with the month keeps it free", () => {
    const partner = openActive();
    partner.order("one", pause(local("2027-02-01"), local("2027-01-01")), local("2026-12-10"));
    partner.advanceTo(local("2027-03-01"));
    expect(factsAt(partner, "2027-01-01")).toEqual(["charge.created", "paused"]);
    expect(readBills(partner).map((line) => line.slice(0, 18))).toEqual([
      "2026-12: 2026-12-0",
      "2027-02: 2027-02-0",
    ]);
  });

  test("a pause that ends with the period is followed by the next one", () => {
    const partner = openActive();
    partner.order("one", pause(local("2027-01-01")), local("2026-12-10"));
    partner.advanceTo(local("2027-01-01"));
    expect(factsAt(partner, "2027-01-01")).toEqual(["charge.created", "resumed", "renewed"]);
  });

  test("a scheduled change is never seen by the period that closes, and the old one not by the next", () => {
    const partner = openActive();
    partner.order("one", changeNext({ product: productB, quantity: 3 }), local("2026-12-10"));
    partner.advanceTo(local("2027-02-01"));
    expect(factsAt(partner, "2027-01-01")).toEqual([
      "charge.created",
      "product_changed",
      "quantity_changed",
      "renewed",
    ]);
    expect(readBills(partner).map((line) => line.split(" ").slice(2).join(" "))).toEqual([
      "10 × 2.00 = 20.00",
      "3 × 3.00 = 9.00",
    ]);
  });

  test("a stop comes before a scheduled change and a pause, which are dropped", () => {
    const partner = openActive();
    partner.order("one", changeNext({ quantity: 3 }), local("2026-12-10"));
    partner.order("one", pause(local("2027-02-01"), local("2027-01-01")), local("2026-12-10"));
    partner.order("one", stopAtEnd, local("2026-12-10"));
    partner.advanceTo(local("2027-03-01"));
    expect(factsAt(partner, "2027-01-01")).toEqual(["charge.created", "canceled"]);
    expect(partner.get("one")).toMatchObject({
      quantity: 10,
      scheduledChange: null,
      cancellation: null,
    });
    expect(partner.get("one")).not.toHaveProperty("pause");
  });

  test("a stop comes before an end of term", () => {
    const partner = openPartner(buildContext(), local("2026-11-01"));
    partner.order(
      "one",
      create("one", { term: { periods: 1, renews: false } }),
      local("2026-11-24"),
    );
    partner.order("one", stopAtEnd, local("2026-12-10"));
    partner.advanceTo(local("2027-01-01"));
    expect(factsAt(partner, "2027-01-01")).toEqual(["charge.created", "canceled"]);
  });

  test("a trial's end comes before a stop there, and nothing is charged", () => {
    const partner = openActive();
    partner.order("one", stopAtEnd, local("2026-11-25"));
    partner.advanceTo(local("2027-02-01"));
    expect(factsAt(partner, "2026-12-01")).toEqual(["trial_ended", "canceled"]);
    expect(readBills(partner)).toEqual([]);
  });

  test("a trial's end, a scheduled change, then the first period", () => {
    const partner = openActive();
    partner.order("one", changeNext({ quantity: 3 }), local("2026-11-25"));
    partner.advanceTo(local("2027-01-01"));
    expect(factsAt(partner, "2026-12-01")).toEqual(["trial_ended", "quantity_changed"]);
    expect(readBills(partner)).toEqual(["2026-12: 2026-12-01/2026-12-31 3 × 2.00 = 6.00"]);
  });

  test("a pause that begins as the trial ends leaves nothing to charge", () => {
    const partner = openActive();
    partner.order("one", pause(local("2027-01-01"), local("2026-12-01")), local("2026-11-25"));
    partner.advanceTo(local("2027-01-01"));
    expect(factsAt(partner, "2026-12-01")).toEqual(["trial_ended", "paused"]);
    expect(readBills(partner)).toEqual([]);
  });

  test("reactivated at the very instant of the stop: the next period begins", () => {
    const partner = openActive();
    partner.order("one", stopAtEnd, local("2026-12-10"));
    partner.order("one", reactivate, local("2027-01-01"));
    partner.advanceTo(local("2027-02-01"));
    expect(factsAt(partner, "2027-01-01")).toEqual([
      "charge.created",
      "canceled",
      "reactivated",
      "activated",
    ]);
    expect(readBills(partner)).toHaveLength(2);
  });

  test("resumed by order at the instant at which it would have resumed by itself: too late", () => {
    const partner = openActive();
    partner.order("one", pause(local("2026-12-20")), local("2026-12-10"));
    expect(partner.order("one", resume, local("2026-12-20"))).toBe("subscription_not_paused");
  });

  test("the month is settled last: a charge made at that instant is on its bill", () => {
    const partner = openActive();
    partner.advanceTo(local("2027-01-01"));
    expect([...partner.bills.keys()]).toEqual(["2026-12"]);
  });

  test("a stop that waits for a later date passes the ends before it", () => {
    const partner = openActive();
    partner.order("one", stopAfter(day("2027-02-14")), local("2026-12-10"));
    partner.advanceTo(local("2027-04-01"));
    expect(factsAt(partner, "2027-01-01")).toEqual(["charge.created", "renewed"]);
    expect(factsAt(partner, "2027-03-01")).toEqual(["charge.created", "canceled"]);
    expect(readBills(partner)).toHaveLength(3);
  });
});
