import fc from "fast-check";
import { expect, test } from "vitest";
import { addDays, dayOf, formatInstant, startOfDay, type Instant, type Month } from "./calendar.ts";
import { periodEndsAt } from "./billing-period.ts";
import { billMonthOf, type Charge } from "./charge.ts";
import { noDiscount } from "./money.ts";
import { settleMonth, settlesAt } from "./settlement.ts";
import { isInService, isStopped } from "./subscription/state.ts";
import { playLate } from "./testing/late.ts";
import type { Snapshot } from "./testing/partner.ts";
import { expectCharge, isPaid, monthsBetween } from "./testing/oracle.ts";
import {
  play,
  replay,
  scenarios,
  type Ordered,
  type Played,
  type Scenario,
} from "./testing/scenario.ts";

// Long runs: `pnpm --filter @evergate/core fuzz`. A failure prints its seed and path; with EVERGATE_FUZZ_SEED it comes again.
const numRuns = Number(process.env["EVERGATE_FUZZ_RUNS"] ?? 150);
const seed = process.env["EVERGATE_FUZZ_SEED"];
const timeout = 60_000 + numRuns * 60;

function holds(property: (scenario: Scenario) => void): void {
  fc.assert(
    fc.property(scenarios, property),
    seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) },
  );
}

function chargesOf(played: Played, name: string): readonly Charge[] {
  return played.partner.facts(name).flatMap(({ charge }) => (charge === null ? [] : [charge]));
}

test(
  "R3 however late and in whatever steps time is caught up, answers, facts, states and bills are the same",
  { timeout },
  () => {
    holds((scenario) => {
      const onTime = play(scenario);
      const late = playLate(onTime, scenario.lateness);
      expect(late.answers).toEqual(onTime.answers);
      const charges: Charge[] = [];
      for (const name of onTime.partner.names()) {
        expect(late.facts.get(name)).toEqual(onTime.partner.facts(name));
        // The driver steps from due instant to due instant, so that only this mark lags behind.
        expect(late.states.get(name)).toEqual({
          ...onTime.partner.get(name),
          advancedTo: onTime.endsAt,
        });
        for (const { charge } of late.facts.get(name) ?? [])
          if (charge !== null) charges.push(charge);
      }
      // Bills made afterwards from the charges alone, for all months that were settled by then.
      const { currency, type, mspFrom, timeZone } = scenario.terms;
      const price = (id: Charge["price"]) => onTime.prices.find((one) => one.id === id);
      const lateBills = new Map<Month, readonly unknown[]>();
      for (const [month, ofMonth] of Map.groupBy(charges, billMonthOf)) {
        if (settlesAt(month, timeZone) > onTime.endsAt) continue;
        const bill = settleMonth(ofMonth, { type, mspFrom, currency, taxRate: noDiscount, price });
        lateBills.set(month, [bill?.net, bill?.lineCount]);
      }
      const bills = [...onTime.partner.bills];
      const onTimeBills = new Map(
        bills.map(([month, bill]) => [month, [bill.net, bill.lineCount]]),
      );
      expect(lateBills).toEqual(onTimeBills);
    });
  },
);

test(
  "R16–R19 each period's charge is what the timeline says, and no other is charged",
  { timeout },
  () => {
    holds((scenario) => {
      const played = play(scenario);
      const { timeZone, billingPeriod } = scenario.terms;
      for (const name of played.partner.names()) {
        const snapshots = played.partner.snapshots(name);
        const charges = chargesOf(played, name);
        const periods =
          billingPeriod === "calendar_month"
            ? monthsBetween(played.opensAt, played.endsAt, timeZone)
            : charges.map(({ period }) => period);
        const expected = periods.map(({ startsOn, endsOn }) =>
          expectCharge(snapshots, startsOn, endsOn, played.context),
        );
        const actual = charges.map(({ createdAt: _createdAt, ...charge }) => charge);
        expect(actual).toEqual(expected.filter((charge) => charge !== null));
      }
    });
  },
);

test(
  "R15 periods tile paid service without gap or overlap, and none is charged twice",
  { timeout },
  () => {
    holds((scenario) => {
      const played = play(scenario);
      const { timeZone, billingPeriod } = scenario.terms;
      for (const name of played.partner.names()) {
        const snapshots = played.partner.snapshots(name);
        const open = played.partner.get(name).period;
        const periods = [
          ...chargesOf(played, name).map(({ period }) => period),
          ...(open === null ? [] : [open]),
        ];
        for (const [index, period] of periods.entries()) {
          const previous = periods[index - 1];
          if (previous === undefined) continue;
          expect(period.startsOn > previous.endsOn).toBe(true);
        }
        // Each paid moment lies in exactly one period, and each state that was paid when a period closed goes on in the next.
        for (const snapshot of snapshots.filter(isPaid)) {
          const today = dayOf(snapshot.at, timeZone);
          expect(
            periods.filter(({ startsOn, endsOn }) => startsOn <= today && today <= endsOn),
          ).toHaveLength(1);
          expect(snapshot.state.period).not.toBeNull();
        }
        if (billingPeriod === "calendar_month") continue;
        for (const { startsOn } of periods) {
          const startsAt = startOfDay(startsOn, timeZone);
          const followsOn = periods.some(({ endsOn }) => addDays(endsOn, 1) === startsOn);
          const begins = snapshots.some(
            (snapshot) => isPaid(snapshot) && dayOf(snapshot.at, timeZone) === startsOn,
          );
          expect(followsOn ? startsAt : begins).toBeTruthy();
        }
      }
    });
  },
);

test(
  "R6 nothing in a trial window is ever charged, and the window never moves",
  { timeout },
  () => {
    holds((scenario) => {
      const played = play(scenario);
      for (const name of played.partner.names()) {
        const snapshots = played.partner.snapshots(name);
        const windows = new Set(
          snapshots.map(({ state: { trial } }) => trial).filter((trial) => trial !== null),
        );
        const [window] = windows;
        expect(
          new Set([...windows].map(({ startsAt, endsAt }) => `${startsAt} ${endsAt}`)).size,
        ).toBeLessThanOrEqual(1);
        if (window === undefined) continue;
        for (const { at, state } of snapshots) {
          if (at >= window.endsAt) continue;
          expect(state.period).toBeNull();
          expect(isInService(state) ? state.status : "trialing").toBe("trialing");
        }
      }
    });
  },
);

test(
  "R5 R27 the code never changes, events are numbered without a gap, instants never go back",
  { timeout },
  () => {
    holds((scenario) => {
      const played = play(scenario);
      for (const name of played.partner.names()) {
        const facts = played.partner.facts(name);
        expect(facts.map(({ sequence }) => sequence)).toEqual(facts.map((_, index) => index + 1));
        expect(played.partner.get(name).sequence).toBe(facts.length);
        for (const [index, fact] of facts.entries()) {
          const previous = facts[index - 1];
          expect(fact.after.sequence).toBe(fact.sequence);
          expect(fact.after.advancedTo).toBe(fact.at);
          expect(fact.after.activationCode).toBe(played.partner.get(name).activationCode);
          if (previous === undefined) continue;
          expect(fact.at).toBeGreaterThanOrEqual(previous.at);
          expect(fact.after.version - previous.after.version).toBeGreaterThanOrEqual(0);
          // What one fact leads to is where the next one starts, unless both tell of one transition.
          if (fact.before === previous.before) continue;
          expect({ ...fact.before, advancedTo: 0 }).toEqual({ ...previous.after, advancedTo: 0 });
        }
      }
    });
  },
);

test("R2 nothing is ever overdue, and a state holds what its status says", { timeout }, () => {
  holds((scenario) => {
    const played = play(scenario);
    for (const name of played.partner.names()) {
      const snapshots = played.partner.snapshots(name);
      expect(snapshots.flatMap((one) => listContradictions(one, scenario.terms.timeZone))).toEqual(
        [],
      );
      // What was scheduled is what the next period opens with (R29).
      for (const { at, after, type } of played.partner.facts(name)) {
        const slot = snapshots.findLast((one) => one.at < at)?.state.scheduledChange;
        if (type !== "subscription.renewed" || slot?.effectiveAt !== at) continue;
        expect(after.product).toBe(slot.product ?? after.product);
        expect(after.quantity).toBe(slot.quantity ?? after.quantity);
      }
    }
  });
});

function listContradictions({ at, state }: Snapshot, timeZone: string): readonly string[] {
  const { cancellation, scheduledChange, trial, period, term, status } = state;
  const isOverdue = (dueAt: Instant | null | undefined): boolean => (dueAt ?? Infinity) <= at;
  const isServed = isInService(state);
  const isFree = trial !== null && at < trial.endsAt;
  const claims: readonly (readonly [contradiction: string, holds: boolean])[] = [
    ["an overdue cancellation", isOverdue(cancellation?.effectiveAt)],
    ["an overdue change", isOverdue(scheduledChange?.effectiveAt)],
    ["an overdue start", status === "scheduled" && isOverdue(state.startsAt)],
    ["an overdue pause", isServed && isOverdue(state.pause?.startsAt)],
    ["an overdue end of a pause", status === "paused" && isOverdue(state.pause.resumesAt)],
    ["an overdue period", period !== null && isOverdue(periodEndsAt(period, timeZone))],
    ["trialing outside the trial", isServed && (status === "trialing") !== isFree],
    ["in service without a period", status === "active" && period === null],
    ["a period in the trial", isFree && period !== null],
    ["in service after its term", isServed && term !== null && term.used >= term.periods],
    [
      "stopped with things to come",
      isStopped(state) && (cancellation !== null || scheduledChange !== null),
    ],
  ];
  return claims
    .filter(([, isSo]) => isSo)
    .map(([contradiction]) => `${contradiction} at ${formatInstant(at)}`);
}

test("R17 a charge before discount never falls when more is ordered", { timeout }, () => {
  fc.assert(
    fc.property(scenarios, fc.nat(), fc.integer({ min: 1, max: 50 }), (scenario, pick, more) => {
      const played = play(scenario);
      const raised = replay(played, (ordered, index) =>
        index === pick % played.ordered.length ? orderMore(ordered, more) : ordered,
      );
      expect(raised.answers).toEqual(played.answers);
      for (const name of played.partner.names()) {
        const before = chargesOf(played, name).map(costOf);
        const after = chargesOf(raised, name).map(costOf);
        expect(after.length).toBe(before.length);
        for (const [index, cost] of before.entries())
          expect(after[index]).toBeGreaterThanOrEqual(cost);
      }
    }),
    seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) },
  );
});

function costOf({ unitPrice, quantity }: Charge): bigint {
  return unitPrice * BigInt(quantity);
}

function orderMore(ordered: Ordered, more: number): Ordered {
  const { command } = ordered;
  switch (command.kind) {
    case "create":
      return {
        ...ordered,
        command: {
          ...command,
          order: { ...command.order, quantity: command.order.quantity + more },
        },
      };
    case "change": {
      const quantity = addUnits(command.order.quantity, more);
      return { ...ordered, command: { ...command, order: { ...command.order, quantity } } };
    }
    case "reactivate": {
      const quantity = addUnits(command.order.quantity, more);
      return { ...ordered, command: { ...command, order: { ...command.order, quantity } } };
    }
    default:
      return ordered;
  }
}

function addUnits(quantity: number | undefined, more: number): number | undefined {
  return quantity === undefined ? undefined : quantity + more;
}
