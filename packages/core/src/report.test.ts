import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDays,
  dayOf,
  daysInMonth,
  firstDayOf,
  monthOf,
  nextMonth,
  parseMonth,
  startOfDay,
  toInstant,
  type Instant,
  type Month,
} from "./calendar.ts";
import { billMonthOf, type Charge } from "./charge.ts";
import { openReport, reportService, type PastState, type ServiceReport } from "./report.ts";
import { settlesAt } from "./settlement.ts";
import { isInService } from "./subscription/state.ts";
import { bratislava, buildContext, local, productA, productB } from "./testing/builders.ts";
import { cancel, change, create, pause, reactivate, stopAtEnd, stopNow } from "./testing/orders.ts";
import { openPartner, type Partner, type Snapshot } from "./testing/partner.ts";
import { play, scenarios } from "./testing/scenario.ts";

const numRuns = Number(process.env["EVERGATE_FUZZ_RUNS"] ?? 150);
const seed = process.env["EVERGATE_FUZZ_SEED"];
const timeout = 60_000 + numRuns * 60;

function month(text: string): Month {
  const parsed = parseMonth(text);
  if (parsed === null) throw new Error(`not a month: ${text}`);
  return parsed;
}

/** The history as the record keeps it: every transition, also those inside a step of the clock. */
function historyOf(partner: Partner, name: string): readonly PastState[] {
  // A command that changed nothing has left a snapshot of the version before: the first of each is the one that made it.
  const byVersion = new Map(
    partner
      .snapshots(name)
      .toReversed()
      .map(({ by, state }) => [state.version, by] as const),
  );
  const states: (PastState & { readonly before: unknown })[] = [];
  for (const { at, before, after } of partner.facts(name)) {
    const { status, product, quantity } = after;
    if (states.at(-1)?.before === before && before !== null) states.pop();
    const by = byVersion.get(after.version) ?? "clock";
    states.push({ at, by, status, product, quantity, before });
  }
  return states;
}

function report(
  partner: Partner,
  name: string,
  of: Month,
  timeZone: string,
  now: Instant,
): ServiceReport | null {
  const span = openReport(of, timeZone, now);
  return span === null ? null : reportService(historyOf(partner, name), span);
}

describe("R25 a subscription's month", () => {
  /** Plays orders on one subscription and reports a month, asked for long after, or at `now`. */
  function reportOf(
    of: string,
    orders: readonly (readonly [at: string, command: ReturnType<typeof create>])[],
    options: { now?: string; terms?: Parameters<typeof buildContext>[0] } = {},
  ): ServiceReport | null {
    const partner = openPartner(buildContext(options.terms), local("2026-11-01"));
    for (const [at, command] of orders) expect(partner.order("one", command, local(at))).toBe(null);
    const now = local(options.now ?? "2027-12-01");
    partner.advanceTo(now);
    return report(partner, "one", month(of), bratislava, now);
  }
  const begin = ["2026-11-24 10:00", create("one")] as const;

  test("the month of the trial is free, and counts from the day of the beginning", () => {
    expect(reportOf("2026-11", [begin])).toEqual({
      status: "trialing",
      daysInService: 7,
      isFree: true,
      products: [
        { product: productA, quantity: 10, daysInService: 7, isFree: true, isCurrent: true },
      ],
    });
  });

  test("the largest quantity in service counts, however briefly", () => {
    const orders = [
      begin,
      ["2026-12-10 09:00", change({ quantity: 25 })],
      ["2026-12-10 09:01", change({ quantity: 5 })],
    ] as const;
    expect(reportOf("2026-12", orders)?.products[0]?.quantity).toBe(25);
    expect(reportOf("2027-01", orders)?.products[0]?.quantity).toBe(5);
  });

  test("a change made at the very midnight that begins the month leaves nothing of before in it", () => {
    const orders = [
      begin,
      ["2026-12-31 12:00", change({ effective: "next_period", quantity: 3 })],
    ] as const;
    expect(reportOf("2026-12", orders)?.products[0]?.quantity).toBe(10);
    expect(reportOf("2027-01", orders)?.products[0]?.quantity).toBe(3);
  });

  test("what a command replaces at the very midnight that begins the month was in service in it (R2, R17)", () => {
    for (const billingPeriod of ["calendar_month", "thirty_days"] as const) {
      const options = { terms: { type: "xsp" as const, billingPeriod } };
      const one = ["2026-12-20 10:00", create("one", { trial: "none" })] as const;
      const less = [one, ["2027-02-01", change({ quantity: 3 })]] as const;
      expect(reportOf("2027-02", less, options)?.products[0]?.quantity).toBe(10);
      expect(reportOf("2027-03", less, options)?.products[0]?.quantity).toBe(3);
      const none = [one, ["2027-02-01", stopNow]] as const;
      expect(reportOf("2027-02", none, options)).toMatchObject({
        status: "canceled",
        daysInService: 1,
        isFree: false,
      });
    }
  });

  test("each product held has its own row, and the day of change counts for both", () => {
    const orders = [begin, ["2026-12-10 09:00", change({ product: productB })]] as const;
    expect(reportOf("2026-12", orders)).toEqual({
      status: "active",
      daysInService: 31,
      isFree: false,
      products: [
        { product: productA, quantity: 10, daysInService: 10, isFree: false, isCurrent: false },
        { product: productB, quantity: 10, daysInService: 22, isFree: false, isCurrent: true },
      ],
    });
  });

  test("a product held only in the trial is free beside one that was paid", () => {
    const terms = { type: "xsp" as const };
    const orders = [
      ["2026-12-01 10:00", create("one", { trial: { days: 5 } })],
      ["2026-12-03 09:00", change({ product: productB })],
    ] as const;
    const found = reportOf("2026-12", orders, { terms });
    expect(found?.isFree).toBe(false);
    expect(found?.products.map(({ product, isFree }) => [product, isFree])).toEqual([
      [productA, true],
      [productB, false],
    ]);
  });

  test("only days with a moment of service count, and a month without one is not reported", () => {
    const orders = [begin, ["2026-12-20 15:00", pause(local("2027-02-10"))]] as const;
    expect(reportOf("2026-12", orders)).toMatchObject({ status: "paused", daysInService: 20 });
    expect(reportOf("2027-01", orders)).toBe(null);
    expect(reportOf("2027-02", orders)).toMatchObject({ status: "active", daysInService: 19 });
  });

  test("a stop at the month's end belongs to the next month, which has nothing to report", () => {
    const orders = [begin, ["2026-12-05 10:00", stopAtEnd]] as const;
    expect(reportOf("2026-12", orders)).toMatchObject({ status: "active", daysInService: 31 });
    expect(reportOf("2027-01", orders)).toBe(null);
  });

  test("a stop and a return on one day count that day once", () => {
    const orders = [
      begin,
      ["2026-12-05 10:00", stopNow],
      ["2026-12-05 12:00", reactivate],
      ["2026-12-06 12:00", cancel({ effective: "now" })],
    ] as const;
    expect(reportOf("2026-12", orders)).toMatchObject({ status: "canceled", daysInService: 6 });
  });

  test("what was in service for no longer than an instant was in service", () => {
    const terms = { type: "xsp" as const };
    const orders = [
      ["2026-12-05 10:00", create("one", { trial: "none" })],
      ["2026-12-05 10:00", stopNow],
    ] as const;
    expect(reportOf("2026-12", orders, { terms })).toMatchObject({
      status: "canceled",
      daysInService: 1,
      isFree: false,
    });
  });

  test("the running month is reported up to now, now included", () => {
    const orders = [begin] as const;
    expect(reportOf("2026-12", orders, { now: "2026-12-01" })).toMatchObject({
      status: "active",
      daysInService: 1,
    });
    expect(reportOf("2026-12", orders, { now: "2026-12-10 08:00" })?.daysInService).toBe(10);
    expect(openReport(month("2026-12"), bratislava, toInstant(local("2026-12-01") - 1))).toBe(null);
  });

  test("a day that a zone skipped is no day of service", () => {
    const span = openReport(month("2011-12"), "Pacific/Apia", local("2012-06-01", "Pacific/Apia"));
    expect(span?.dayStarts).toHaveLength(30);
  });
});

/** R25 once more, slowly: for each local day, is there an instant of it at which the subscription was in service? */
function expectReport(
  snapshots: readonly Snapshot[],
  of: Month,
  timeZone: string,
  now: Instant,
): ServiceReport | null {
  const endsAt = Math.min(settlesAt(of, timeZone), now + 1);
  const days = Array.from({ length: daysInMonth(of) }, (_, index) =>
    addDays(firstDayOf(of), index),
  );
  const served = snapshots.filter(({ state }) => isInService(state));
  const servedOn = (ones: readonly Snapshot[], from: Instant, until: number): boolean =>
    ones.some((one) => {
      const next = snapshots[snapshots.indexOf(one) + 1];
      // At the instant of a command there was still what it replaced (R2).
      const endsAt = next === undefined ? Infinity : next.at + (next.by === "command" ? 1 : 0);
      return (one.at >= from && one.at < until) || Math.max(one.at, from) < Math.min(endsAt, until);
    });
  const countDaysOf = (ones: readonly Snapshot[]): number =>
    days.filter((date) => {
      const from = startOfDay(date, timeZone);
      return servedOn(ones, from, Math.min(startOfDay(addDays(date, 1), timeZone), endsAt));
    }).length;
  const within = served.filter((one) =>
    servedOn([one], startOfDay(firstDayOf(of), timeZone), endsAt),
  );
  const last = snapshots.findLast(({ at }) => at < endsAt)?.state;
  if (within.length === 0 || last === undefined) return null;
  const isFree = (ones: readonly Snapshot[]): boolean =>
    ones.every(({ state }) => state.status === "trialing");
  return {
    status: last.status,
    daysInService: countDaysOf(within),
    isFree: isFree(within),
    products: [...Map.groupBy(within, ({ state }) => state.product)].map(([product, ones]) => ({
      product,
      quantity: Math.max(...ones.map(({ state }) => state.quantity)),
      daysInService: countDaysOf(ones),
      isFree: isFree(ones),
      isCurrent: last.product === product,
    })),
  };
}

test(
  "R25 every month of a random life is what its days say, at its end and while it runs",
  { timeout },
  () => {
    fc.assert(
      fc.property(scenarios, fc.double({ min: 0, max: 1, noNaN: true }), (scenario, share) => {
        const { partner, opensAt, endsAt } = play(scenario);
        const { timeZone, billingPeriod } = scenario.terms;
        const sometime = toInstant(Math.floor(opensAt + (endsAt - opensAt) * share));
        for (const name of partner.names()) {
          // An order that changed nothing is no part of a history.
          const snapshots = partner
            .snapshots(name)
            .filter(({ state }, index, all) => state.version !== all[index - 1]?.state.version);
          const charged = new Set(
            partner
              .facts(name)
              .flatMap(({ charge }) => (charge === null ? [] : [billMonthOf(charge)])),
          );
          for (
            let of = monthOf(dayOf(opensAt, timeZone));
            settlesAt(of, timeZone) <= endsAt;
            of = nextMonth(of)
          ) {
            const actual = report(partner, name, of, timeZone, endsAt);
            expect(actual).toEqual(expectReport(snapshots, of, timeZone, endsAt));
            const span = openReport(of, timeZone, endsAt);
            expect(span && reportService(repeatStates(historyOf(partner, name)), span)).toEqual(
              actual,
            );
            expect(report(partner, name, of, timeZone, sometime)).toEqual(
              expectReport(snapshots, of, timeZone, sometime),
            );
            // R16: a calendar month is charged exactly where its report says that it was not free.
            const isPaid = actual !== null && !actual.isFree;
            expect(billingPeriod !== "calendar_month" || isPaid === charged.has(of)).toBe(true);
          }
          for (const { charge } of partner.facts(name))
            if (charge !== null) expectReported(partner, name, charge, timeZone, endsAt);
        }
      }),
      seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) },
    );
  },
);

/** The same history with entries in it that change nothing, wherever something else happens at that instant. */
function repeatStates(history: readonly PastState[]): readonly PastState[] {
  return history.flatMap((state, index) => {
    const previous = history[index - 1];
    return previous === undefined ? [state] : [{ ...previous, at: state.at, by: state.by }, state];
  });
}

/** What is charged was reported, at no less than its quantity, in a month of its period. */
function expectReported(
  partner: Partner,
  name: string,
  { period, product, quantity }: Charge,
  timeZone: string,
  now: Instant,
): void {
  const months = new Set([monthOf(period.startsOn), monthOf(period.endsOn)]);
  const rows = [...months].flatMap(
    (of) => report(partner, name, of, timeZone, now)?.products ?? [],
  );
  expect(
    rows.some((row) => row.product === product && row.quantity >= quantity && !row.isFree),
  ).toBe(true);
}
