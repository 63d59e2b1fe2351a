import fc from "fast-check";
import { expect, test } from "vitest";
import { periodEndsAt } from "./billing-period.ts";
import { formatInstant, startOfDay, type Instant } from "./calendar.ts";
import type { Fact } from "./decision.ts";
import {
  isInService,
  isStopped,
  type ScheduledChange,
  type Subscription,
} from "./subscription/state.ts";
import type { Command } from "./testing/command.ts";
import type { Term } from "./term.ts";
import { openPartner, type Partner } from "./testing/partner.ts";
import { play, scenarios, type Scenario } from "./testing/scenario.ts";

// R13 and R29 once more, as bookkeeping beside the timeline: what is in each slot, and how many periods a term has had.

const numRuns = Number(process.env["EVERGATE_FUZZ_RUNS"] ?? 150);
const seed = process.env["EVERGATE_FUZZ_SEED"];

/** One thing that happened to a subscription: a step of the clock, or a command that was accepted. */
type Happening = {
  readonly before: Subscription | null;
  readonly after: Subscription;
  readonly at: Instant;
  /** Null: the clock. */
  readonly command: Command | null;
  readonly facts: readonly Fact[];
};

/** Plays a scenario again, happening by happening. */
function tell(scenario: Scenario): ReadonlyMap<string, readonly Happening[]> {
  const played = play(scenario);
  const { context, prices, opensAt, endsAt } = played;
  const partner = openPartner(context, opensAt, prices);
  const told = new Map<string, Happening[]>();
  const note = (name: string, command: Command | null): void => {
    const happenings = told.get(name) ?? [];
    told.set(name, happenings);
    const snapshots = partner.find(name) === undefined ? [] : partner.snapshots(name);
    for (const { at, state } of snapshots.slice(happenings.length)) {
      const before = happenings.at(-1)?.after ?? null;
      const isLast = happenings.length === snapshots.length - 1;
      happenings.push({
        before,
        after: state,
        at,
        command: isLast ? command : null,
        facts: partner
          .facts(name)
          .filter(
            ({ sequence }) => sequence > (before?.sequence ?? 0) && sequence <= state.sequence,
          ),
      });
    }
  };
  const passTo = (partnerOf: Partner, to: Instant): void => {
    partnerOf.advanceTo(to);
    for (const name of partnerOf.names()) note(name, null);
  };
  for (const { name, command, at } of played.ordered) {
    passTo(partner, at);
    const refusal = partner.order(name, command, at);
    if (refusal === null) note(name, command);
  }
  passTo(partner, endsAt);
  return told;
}

/** Every life of a scenario is free of contradictions, which are told as `2026-12-31T23:00:00Z clock: …`. */
function isFreeOf(
  listContradictions: (happenings: readonly Happening[], scenario: Scenario) => readonly string[],
): void {
  fc.assert(
    fc.property(scenarios, (scenario) => {
      for (const happenings of tell(scenario).values())
        expect(listContradictions(happenings, scenario)).toEqual([]);
    }),
    seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) },
  );
}

const timeout = 60_000 + numRuns * 60;

/** What runs at an instant, and so ends next: the trial, else the open period (R29). */
function endOfCurrent(state: Subscription, at: Instant, timeZone: string): Instant | null {
  if (state.trial !== null && at < state.trial.endsAt) return state.trial.endsAt;
  return state.period === null ? null : periodEndsAt(state.period, timeZone);
}

/** A list that keeps what should be the same and isn't. */
function startList(): {
  readonly found: string[];
  readonly compare: (happening: Happening, what: string, is: unknown, shouldBe: unknown) => void;
} {
  const found: string[] = [];
  return {
    found,
    compare: ({ at, command }, what, is, shouldBe) => {
      const [one, other] = [JSON.stringify(is), JSON.stringify(shouldBe)];
      if (one === other) return;
      found.push(
        `${formatInstant(at)} ${command?.kind ?? "clock"}: ${what} is ${one}, not ${other}`,
      );
    },
  };
}

/** The slots after a command that is none of a scheduled change's own. */
type Slots = ScheduledChange | null;

function orderSlots(slots: Slots, { before, at, command }: Happening, timeZone: string): Slots {
  if (command?.kind !== "change" || command.order.effective !== "next_period") return slots;
  const { quantity, product } = command.order;
  const effectiveAt = before === null ? null : endOfCurrent(before, at, timeZone);
  // With neither a trial nor a period running it is made at once.
  if ((quantity === undefined && product === undefined) || effectiveAt === null) return slots;
  return {
    product: product ?? slots?.product ?? null,
    quantity: quantity ?? slots?.quantity ?? null,
    effectiveAt,
  };
}

function withdrawSlot(slots: Slots, { command, after }: Happening): Slots {
  if (command?.kind !== "withdrawScheduledChange" || slots === null) return slots;
  // What is left may go with it, where it would not be allowed alone.
  return after.scheduledChange === null ? null : { ...slots, [command.order.of]: null };
}

const configurationOf = (state: Subscription | null): unknown => [state?.product, state?.quantity];

test(
  "R29 each slot keeps what was ordered for it until it takes effect, is replaced, withdrawn, or the subscription stops",
  { timeout },
  () => {
    isFreeOf((happenings, { terms: { timeZone } }) => {
      const { found, compare } = startList();
      let slots: Slots = null;
      for (const happening of happenings) {
        const { before, after, at, command } = happening;
        const ordered: Slots = withdrawSlot(orderSlots(slots, happening, timeZone), happening);
        if (command?.kind === "change" && command.order.effective === "next_period") {
          const isAtOnce = before !== null && endOfCurrent(before, at, timeZone) === null;
          const { product, quantity } = command.order;
          const wanted = [product ?? before?.product, quantity ?? before?.quantity];
          compare(
            happening,
            "the configuration",
            configurationOf(after),
            isAtOnce ? wanted : configurationOf(before),
          );
        }
        const isDue: boolean = command === null && ordered !== null && at >= ordered.effectiveAt;
        if (isStopped(after)) {
          // A stop comes before what is scheduled for the same instant (R2), and ends it.
          compare(
            happening,
            "what stops",
            configurationOf(after),
            configurationOf(before ?? after),
          );
          slots = null;
        } else if (isDue && ordered !== null) {
          const coming = [ordered.product ?? before?.product, ordered.quantity ?? before?.quantity];
          compare(happening, "the instant", at, ordered.effectiveAt);
          compare(happening, "what has come", configurationOf(after), coming);
          // The next period never sees what was before.
          const { period } = after;
          const isNew = period !== null && startOfDay(period.startsOn, timeZone) === at;
          if (isNew)
            compare(
              happening,
              "the next period",
              [period.dearest.product, period.dearest.quantity],
              coming,
            );
          slots = null;
        } else slots = ordered;
        compare(happening, "scheduledChange", after.scheduledChange, slots);
      }
      return found;
    });
  },
);

test("R29 what is scheduled, replaced or withdrawn is on record, each time", { timeout }, () => {
  isFreeOf((happenings) => {
    const { found, compare } = startList();
    for (const happening of happenings) {
      const { before, after, command, facts } = happening;
      const isChanged =
        JSON.stringify(before?.scheduledChange ?? null) !== JSON.stringify(after.scheduledChange);
      if (command === null || !isChanged) continue;
      const isTold = facts.some(({ type }) =>
        /change_scheduled|change_withdrawn|canceled/.test(type),
      );
      compare(happening, "told of the slots", isTold, true);
    }
    return found;
  });
});

test(
  "R13 a term has as many paid periods as were ordered, and then expires or begins again",
  { timeout },
  () => {
    isFreeOf((happenings) => {
      const { found, compare } = startList();
      let term: Term | null = null;
      for (const happening of happenings) {
        const { before, after, command, facts } = happening;
        const order =
          command?.kind === "create" || command?.kind === "change" ? command.order.term : undefined;
        if (order !== undefined) {
          if (order !== null && term !== null)
            compare(happening, "shorter", order.periods < term.periods, false);
          const used: number = term === null ? 0 : term.used;
          term = order === null ? null : { ...order, used };
        }
        // A term used up begins anew; one that a stop cut short goes on.
        if (command?.kind === "reactivate" && term !== null && term.used >= term.periods)
          term = { ...term, used: 0 };
        const chargeCount = facts.filter(({ charge }) => charge !== null).length;
        if (term !== null) term = { ...term, used: term.used + chargeCount };
        const isOver = term !== null && chargeCount > 0 && term.used >= term.periods;
        const ends = isOver && before !== null && !isStopped(before);
        if (term !== null && ends && term.renews && !isStopped(after)) term = { ...term, used: 0 };
        if (ends && term?.renews === false) compare(happening, "stopped", isStopped(after), true);
        if (after.status === "expired" && before?.status !== "expired")
          compare(happening, "the end of the term", [ends, term?.renews], [true, false]);
        compare(
          happening,
          "term",
          after.term,
          term === null ? null : { periods: term.periods, used: term.used, renews: term.renews },
        );
        if (term !== null && isInService(after))
          compare(happening, "in service after its term", term.used >= term.periods, false);
      }
      return found;
    });
  },
);
