import fc from "fast-check";
import { expect, test } from "vitest";
import { formatInstant } from "./calendar.ts";
import type { Charge } from "./charge.ts";
import { explainState, finishExplanation, startExplanation, type Explanation } from "./explain.ts";
import { buildContext, day, heldUntil, local, productA, productB } from "./testing/builders.ts";
import {
  change,
  create,
  pause,
  reactivate,
  reactivateWith,
  resume,
  stopNow,
} from "./testing/orders.ts";
import { monthsBetween } from "./testing/oracle.ts";
import { openPartner, type Partner } from "./testing/partner.ts";
import { play, scenarios } from "./testing/scenario.ts";
import type { Context } from "./terms.ts";

const numRuns = Number(process.env["EVERGATE_FUZZ_RUNS"] ?? 150);
const seed = process.env["EVERGATE_FUZZ_SEED"];

/** Told from the states alone, as the record has them: the last before the period, and those in it. */
function explain(
  partner: Partner,
  name: string,
  period: Charge["period"],
  context: Context,
  limit = 100,
): Explanation<number> | null {
  const tally = startExplanation<number>(period, partner.get(name), context, limit);
  const snapshots = partner.snapshots(name);
  const first = Math.max(
    0,
    snapshots.findLastIndex(({ at }) => at < tally.startsAt),
  );
  for (const [index, { at, by, state }] of snapshots.entries()) {
    if (index < first) continue;
    const { status, product, quantity } = state;
    explainState(tally, { at, by, status, product, quantity, source: index }, context);
  }
  return finishExplanation(tally, context);
}

/** `12-01 00:00 … 12-10 09:30: 10 prod_a active, counts` for each, in UTC; the dearest is marked. */
function read(explanation: Explanation<number> | null): readonly string[] {
  return (explanation?.configurations ?? []).map((one) => {
    const [from, to] = [one.startsAt, one.endsAt].map((at) =>
      formatInstant(at).slice(5, 16).replace("T", " "),
    );
    const mark = one === explanation?.dearest ? ", the dearest" : one.counts ? ", counts" : "";
    return `${from} … ${to}: ${one.quantity} ${one.product} ${one.status}${mark}`;
  });
}

const december = { startsOn: day("2026-12-01"), endsOn: day("2026-12-31") };

test("R17 R18 a trial that ends inside the month, a product changed and back, a pause, a stop and a return", () => {
  const context = buildContext({ type: "xsp" });
  const partner = openPartner(context, local("2026-11-01"));
  partner.order("one", create("one", { trial: { days: 14 } }), local("2026-11-24 10:00"));
  partner.order("one", change({ quantity: 12 }), local("2026-12-02 10:00"));
  partner.order("one", change({ product: productB }), local("2026-12-10 10:00"));
  partner.order("one", change({ product: productA, quantity: 18 }), local("2026-12-12 10:00"));
  partner.order("one", pause(local("2026-12-30")), local("2026-12-15"));
  partner.order("one", resume, local("2026-12-20"));
  partner.order("one", change({ quantity: 3 }), local("2026-12-21"));
  partner.order("one", stopNow, local("2026-12-22"));
  partner.order("one", reactivate, local("2026-12-23"));
  partner.advanceTo(local("2027-01-01"));
  const explanation = explain(partner, "one", december, context);
  expect(read(explanation)).toEqual([
    "11-30 23:00 … 12-02 09:00: 10 prod_a trialing",
    "12-02 09:00 … 12-07 23:00: 12 prod_a trialing",
    "12-07 23:00 … 12-10 09:00: 12 prod_a active, counts",
    "12-10 09:00 … 12-12 09:00: 12 prod_b active, counts",
    // 18 × 2.00 is as dear as 12 × 3.00: of equals, the latest; and the latest of all is what came after the pause.
    "12-12 09:00 … 12-14 23:00: 18 prod_a active, counts",
    "12-14 23:00 … 12-19 23:00: 18 prod_a paused",
    "12-19 23:00 … 12-20 23:00: 18 prod_a active, the dearest",
    "12-20 23:00 … 12-21 23:00: 3 prod_a active, counts",
    "12-21 23:00 … 12-22 23:00: 3 prod_a canceled",
    "12-22 23:00 … 12-31 23:00: 3 prod_a active, counts",
  ]);
  expect(explanation).toMatchObject({
    paidFromOn: "2026-12-08",
    charge: { quantity: 18, days: { charged: 24, of: 31 } },
    configurationCount: 10,
  });
});

test("however many there were, the first are kept, and the dearest", () => {
  const context = buildContext();
  const partner = openPartner(context, local("2026-11-01"));
  partner.order("one", create("one"), local("2026-11-24"));
  for (let index = 0; index < 50; index++)
    partner.order(
      "one",
      change({ quantity: index === 40 ? 99 : 11 + (index % 2) }),
      local("2026-12-05"),
    );
  partner.advanceTo(local("2027-01-01"));
  const explanation = explain(partner, "one", december, context, 5);
  expect(explanation?.configurationCount).toBe(51);
  expect(explanation?.configurations.map(({ quantity }) => quantity)).toEqual([10, 11, 12, 11, 99]);
});

test("a configuration that a month only brings along, and that ends as it begins, is none of it", () => {
  const context = buildContext();
  const partner = openPartner(context, local("2026-11-01"));
  partner.order("one", create("one"), local("2026-11-24"));
  partner.order("one", change({ quantity: 5, effective: "next_period" }), local("2026-11-25"));
  // At the very instant at which the month begins: 5 count, too.
  partner.order("one", change({ quantity: 2 }), local("2026-12-01"));
  partner.advanceTo(local("2027-01-01"));
  expect(read(explain(partner, "one", december, context))).toEqual([
    "11-30 23:00 … 11-30 23:00: 5 prod_a active, the dearest",
    "11-30 23:00 … 12-31 23:00: 2 prod_a active, counts",
  ]);
});

test(
  "R15–R19 told from the states alone, every charge comes to exactly what was charged, and no other period to anything",
  { timeout: 60_000 + numRuns * 60 },
  () => {
    fc.assert(
      fc.property(scenarios, fc.integer({ min: 1, max: 9 }), (scenario, limit) => {
        const { partner, context, opensAt, endsAt } = play(scenario);
        for (const name of partner.names()) {
          const isMonthly = scenario.terms.billingPeriod === "calendar_month";
          const charged = new Set(partner.facts(name).map(({ charge }) => charge?.period.startsOn));
          const free = monthsBetween(opensAt, endsAt, scenario.terms.timeZone).filter(
            ({ startsOn }) => isMonthly && !charged.has(startsOn),
          );
          for (const month of free) expect(explain(partner, name, month, context)).toBeNull();
          for (const { charge } of partner.facts(name)) {
            if (charge === null) continue;
            const {
              subscription: _subscription,
              customer: _customer,
              createdAt: _at,
              ...told
            } = charge;
            const explanation = explain(partner, name, charge.period, context);
            expect(explanation?.charge).toEqual(told);
            const configurations = explanation?.configurations ?? [];
            expect(configurations.filter((one) => one === explanation?.dearest)).toHaveLength(1);
            // They follow on one another until the period's end.
            expect(configurations.slice(1).map(({ startsAt }) => startsAt)).toEqual(
              configurations.slice(0, -1).map(({ endsAt }) => endsAt),
            );
            expect(configurations.at(-1)?.endsAt).toBe(explanation?.endsAt);
            const short = explain(partner, name, charge.period, context, limit);
            expect(short?.charge).toEqual(told);
            expect(short?.configurations.length).toBe(Math.min(limit, configurations.length));
            expect(short?.configurations).toContainEqual(short?.dearest);
          }
        }
      }),
      seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) },
    );
  },
);

test.each([
  ["by the clock", []],
  ["by a command that takes the licence back", ["takeLicencesBack"]],
] as const)(
  "R18 one that was stopped before it ever began is in full, begun again %s",
  (_by, kinds) => {
    const context = buildContext({ type: "xsp" }, {}, heldUntil("2026-12-20"));
    const partner = openPartner(context, local("2026-11-01"));
    const order = { startsAt: "when_prepaid_ends", trial: "none" } as const;
    partner.order("one", create("one", order), local("2026-11-10"));
    partner.order("one", stopNow, local("2026-11-20"));
    partner.order("one", reactivateWith({ startsAt: "when_prepaid_ends" }), local("2026-11-23"));
    expect(partner.get("one").status).toBe("scheduled");
    for (const kind of kinds) partner.order("one", { kind }, local("2026-12-11"));
    partner.advanceTo(local("2027-01-01"));
    expect(partner.charges().map(({ days }) => days)).toEqual([null]);
    expect(explain(partner, "one", december, context)?.charge.days).toBeNull();
  },
);

test("R18 a first start that a licence taken back brings on is by the day, and explained so", () => {
  const context = buildContext({ type: "xsp" }, {}, heldUntil("2027-06-30"));
  const partner = openPartner(context, local("2026-11-01"));
  const order = { startsAt: "when_prepaid_ends", trial: "none" } as const;
  partner.order("one", create("one", order), local("2026-11-10"));
  partner.order("one", { kind: "takeLicencesBack" }, local("2026-12-11"));
  partner.advanceTo(local("2027-01-01"));
  expect(partner.charges()[0]?.days).toEqual({ charged: 21, of: 31 });
  expect(explain(partner, "one", december, context)?.charge.days).toEqual({ charged: 21, of: 31 });
});

test.each([
  ["a first start inside a month is by the day", false, { charged: 21, of: 31 }],
  ["one after a stop is not, though nothing was ever paid before", true, null],
])("R18 %s", (_claim, isTakenUpAgain, days) => {
  const heldUntil = local("2026-12-11");
  const context = buildContext({ type: "xsp" }, {}, (_product, at) =>
    at < heldUntil && at >= local("2026-11-26") ? heldUntil : null,
  );
  const partner = openPartner(context, local("2026-11-01"));
  if (isTakenUpAgain) {
    partner.order("one", create("one", { trial: { days: 5 } }), local("2026-11-24"));
    partner.order("one", stopNow, local("2026-11-25"));
    partner.order("one", reactivateWith({ startsAt: "when_prepaid_ends" }), local("2026-11-26"));
  } else {
    const order = { startsAt: "when_prepaid_ends", trial: "none" } as const;
    partner.order("one", create("one", order), local("2026-11-26"));
  }
  partner.advanceTo(local("2027-01-01"));
  expect(partner.charges()[0]?.days).toEqual(days);
  expect(explain(partner, "one", december, context)?.charge.days).toEqual(days);
});
