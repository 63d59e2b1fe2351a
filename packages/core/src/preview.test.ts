import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatInstant, type LocalDate } from "./calendar.ts";
import type { Charge } from "./charge.ts";
import { previewCharges, type ChargePreview } from "./preview.ts";
import { advance } from "./subscription/advance.ts";
import { buildContext, local } from "./testing/builders.ts";
import { carryOut, type Command } from "./testing/command.ts";
import {
  change,
  changeNext,
  create,
  pause,
  reactivate,
  stopAtEnd,
  stopNow,
} from "./testing/orders.ts";
import { openPartner, type Partner } from "./testing/partner.ts";
import { play, scenarios, type Played } from "./testing/scenario.ts";
import type { Context } from "./terms.ts";

const numRuns = Number(process.env["EVERGATE_FUZZ_RUNS"] ?? 150);
const seed = process.env["EVERGATE_FUZZ_SEED"];

/** What a preview says of the periods it shows: `2026-12-01 20 → 50`, quantities with unit prices left out. */
function read({ periods }: ChargePreview): readonly string[] {
  const say = (charge: Charge | null): string =>
    charge === null ? "nothing" : `${charge.quantity} ${charge.product}`;
  return periods.map(
    ({ startsOn, before, after }) => `${startsOn}: ${say(before)} → ${say(after)}`,
  );
}

function previewAt(
  partner: Partner,
  context: Context,
  command: Command,
  at: string,
): readonly string[] {
  partner.advanceTo(local(at));
  const { subscription } = advance(partner.get("one"), local(at), context);
  const decision = carryOut(subscription, command, context, local(at));
  if (!decision.accepted) throw new Error(decision.refusal.code);
  return read(previewCharges(subscription, decision.subscription, context, local(at)));
}

describe("what a change does to this period and the next", () => {
  const openE1 = (): { partner: Partner; context: Context } => {
    const context = buildContext();
    const partner = openPartner(context, local("2026-11-01"));
    partner.order("one", create("one"), local("2026-11-24"));
    return { partner, context };
  };

  test.each([
    [
      "2026-11-25",
      change({ quantity: 40 }),
      "2026-11-01: nothing → nothing",
      "2026-12-01: 10 prod_a → 40 prod_a",
    ],
    [
      "2026-12-10",
      change({ quantity: 25 }),
      "2026-12-01: 10 prod_a → 25 prod_a",
      "2027-01-01: 10 prod_a → 25 prod_a",
    ],
    [
      "2026-12-10",
      change({ quantity: 5 }),
      "2026-12-01: 10 prod_a → 10 prod_a",
      "2027-01-01: 10 prod_a → 5 prod_a",
    ],
    [
      "2026-12-10",
      changeNext({ quantity: 25 }),
      "2026-12-01: 10 prod_a → 10 prod_a",
      "2027-01-01: 10 prod_a → 25 prod_a",
    ],
    [
      "2026-12-10",
      stopAtEnd,
      "2026-12-01: 10 prod_a → 10 prod_a",
      "2027-01-01: 10 prod_a → nothing",
    ],
    ["2026-11-25", stopNow, "2026-11-01: nothing → nothing", "2026-12-01: 10 prod_a → nothing"],
    [
      "2026-12-10",
      pause(local("2027-02-10")),
      "2026-12-01: 10 prod_a → 10 prod_a",
      "2027-01-01: 10 prod_a → nothing",
    ],
  ])("E1 on %s", (at, command, thisPeriod, next) => {
    const { partner, context } = openE1();
    expect(previewAt(partner, context, command, at)).toEqual([thisPeriod, next]);
  });

  test("who returns pays the month from its beginning", () => {
    const { partner, context } = openE1();
    partner.order("one", stopAtEnd, local("2026-12-10"));
    expect(previewAt(partner, context, reactivate, "2027-03-15")).toEqual([
      "2027-03-01: nothing → 10 prod_a",
      "2027-04-01: nothing → 10 prod_a",
    ]);
  });

  test("periods of 30 days that move by a pause are told with and without it", () => {
    const context = buildContext({ type: "xsp", billingPeriod: "thirty_days" });
    const partner = openPartner(context, local("2027-01-01"));
    partner.order("one", create("one", { trial: "none" }), local("2027-01-10"));
    expect(previewAt(partner, context, pause(local("2027-02-20")), "2027-01-15")).toEqual([
      "2027-01-10: 10 prod_a → 10 prod_a",
      "2027-02-09: 10 prod_a → nothing",
      "2027-02-20: nothing → 10 prod_a",
    ]);
  });
});

/** The charges of a subscription that is let alone from an order on, by the first days of their periods. */
function chargesAfter(played: Played, upTo: number, name: string): ReadonlyMap<LocalDate, Charge> {
  const { context, prices, opensAt, endsAt } = played;
  const partner = openPartner(context, opensAt, prices);
  for (const { name: of, command, at } of played.ordered.slice(0, upTo))
    partner.order(of, command, at);
  partner.advanceTo(endsAt);
  const charges = partner.facts(name).flatMap(({ charge }) => (charge === null ? [] : [charge]));
  return new Map(charges.map((charge) => [charge.period.startsOn, charge]));
}

test(
  "what is promised is what is charged, whether the order is given or not, if nothing more changes",
  { timeout: 60_000 + numRuns * 60 },
  () => {
    fc.assert(
      fc.property(scenarios, fc.nat(), (scenario, pick) => {
        const played = play(scenario);
        const { context } = played;
        const index = pick % played.ordered.length;
        const ordered = played.ordered[index];
        if (ordered === undefined || ordered.command.kind === "create") return;
        const { name, at, command } = ordered;
        const state = replayUpTo(played, index, name, at);
        if (state === undefined) return;
        const decision = carryOut(state, command, context, at);
        expect(decision.accepted ? null : decision.refusal.code).toBe(played.answers[index]);
        if (!decision.accepted) return;
        const { periods } = previewCharges(state, decision.subscription, context, at);
        const without = chargesAfter(played, index, name);
        const withIt = chargesAfter(played, index + 1, name);
        expect(periods.length).toBeLessThanOrEqual(4);
        for (const { startsOn, before, after } of periods) {
          expect([formatInstant(at), startsOn, before]).toEqual([
            formatInstant(at),
            startsOn,
            without.get(startsOn) ?? null,
          ]);
          expect([formatInstant(at), startsOn, after]).toEqual([
            formatInstant(at),
            startsOn,
            withIt.get(startsOn) ?? null,
          ]);
        }
        // Nothing that this period costs is left out.
        const [shown] = periods;
        const open = state.period?.startsOn ?? shown?.startsOn;
        expect(shown?.startsOn).toBe(open);
        const isMonthly = scenario.terms.billingPeriod === "calendar_month";
        expect(isMonthly ? periods.length : 2).toBe(2);
      }),
      seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) },
    );
  },
);

function replayUpTo(
  { context, prices, opensAt, ordered }: Played,
  index: number,
  name: string,
  at: Played["opensAt"],
): ReturnType<Partner["find"]> {
  const partner = openPartner(context, opensAt, prices);
  for (const { name: of, command, at: then } of ordered.slice(0, index))
    partner.order(of, command, then);
  partner.advanceTo(at);
  const found = partner.find(name);
  return found === undefined ? undefined : advance(found, at, context).subscription;
}
