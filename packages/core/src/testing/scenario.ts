import fc from "fast-check";
import {
  addDays,
  addMonths,
  dayOf,
  firstDayOf,
  monthOf,
  startOfDay,
  toInstant,
  type Instant,
  type LocalDate,
} from "../calendar.ts";
import { priceOn, type Price } from "../catalogue.ts";
import { toProductId, type ProductId } from "../ids.ts";
import { channelOn, type Context, type PartnerTerms, type TrialLength } from "../terms.ts";
import { isStopped } from "../subscription/state.ts";
import { nextDueAt } from "../subscription/next-due.ts";
import { buildContext, buildPrice, buildProduct, day, orderOf } from "./builders.ts";
import type { Command } from "./command.ts";
import { openPartner, type Partner } from "./partner.ts";

// What the fuzzer makes up: a partner, its prices, and orders whose instants are often those at which something is due.

/** Zones with odd midnights, and days near which they had them. */
const zoneDays: readonly (readonly [timeZone: string, days: readonly string[]])[] = [
  ["Europe/Bratislava", ["2026-10-20", "2027-03-20", "1946-11-20"]],
  ["UTC", ["2027-02-20", "2028-02-20"]],
  ["America/Havana", ["2026-03-01", "2026-10-25", "2012-03-25"]],
  ["Africa/Cairo", ["2026-04-15", "2014-05-10", "2010-08-05", "2010-09-05"]],
  ["America/Asuncion", ["2023-09-25", "2024-03-20", "2024-10-01"]],
  ["America/St_Johns", ["2010-10-30", "2006-10-20", "1988-03-25"]],
  ["Asia/Beirut", ["2026-03-20", "2026-10-20"]],
  ["Pacific/Apia", ["2011-12-01", "2011-12-20", "2011-11-30"]],
  ["Pacific/Kiritimati", ["1994-12-01", "1994-12-20"]],
  ["Atlantic/Azores", ["2026-03-20", "2026-10-20", "1983-09-20"]],
  ["Asia/Gaza", ["2011-07-28", "2012-03-25", "2016-03-20"]],
  ["America/Sao_Paulo", ["2017-10-10", "2018-02-10", "2018-10-28"]],
  ["Australia/Lord_Howe", ["2026-03-30", "2026-09-28"]],
  ["Asia/Kathmandu", ["1985-12-20", "2026-12-20"]],
  ["America/Scoresbysund", ["2024-03-20", "2023-10-20"]],
  ["Asia/Amman", ["2012-10-20", "2006-03-20"]],
];

export const fuzzedProducts: readonly ProductId[] = ["prod_a", "prod_b", "prod_c"].map(toProductId);
export const subscriptionNames: readonly string[] = ["one", "two"];

export type When = {
  readonly days: number;
  readonly at: "same" | "midnight" | "due" | "random";
  readonly ms: number;
};

/** A command whose instants are still relative: to the one before, and to its own. */
export type Draft = {
  readonly name: string;
  readonly when: When;
  readonly kind: Command["kind"];
  readonly quantity: number | undefined;
  readonly product: ProductId | undefined;
  readonly isScheduled: boolean;
  readonly trial: TrialLength | "none" | undefined;
  readonly term: { readonly periods: number; readonly renews: boolean } | null | undefined;
  readonly startsInDays: number | null;
  readonly endsInDays: number | null;
  readonly isAtMidnight: boolean;
  readonly isNow: boolean;
  readonly waitsForPrepaid: boolean;
  readonly slot: "quantity" | "product";
};

export type Scenario = {
  readonly terms: PartnerTerms;
  readonly opensOn: LocalDate;
  readonly prices: readonly {
    readonly product: number;
    readonly millionths: number;
    readonly inDays: number;
  }[];
  /** The days, from that on which it opens, on which products are prepaid (R14); null: none ever is. */
  readonly prepaid: { readonly fromDay: number; readonly toDay: number } | null;
  readonly drafts: readonly Draft[];
  /** How late the clock's work is done, where it is done late. */
  readonly lateness: readonly number[];
};

const trialLength: fc.Arbitrary<TrialLength> = fc.oneof(
  fc.record({ months: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ days: fc.integer({ min: 1, max: 60 }) }),
);

const when: fc.Arbitrary<When> = fc.record({
  days: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 12 }) },
    fc.integer({ min: 0, max: 70 }),
  ),
  at: fc.constantFrom("same", "midnight", "midnight", "due", "due", "random", "random"),
  ms: fc.integer({ min: 0, max: 86_399_999 }),
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const draft: fc.Arbitrary<Draft> = fc.record({
  name: fc.constantFrom(...subscriptionNames),
  when,
  kind: fc.constantFrom<Command["kind"][]>(
    ...([
      "change",
      "change",
      "change",
      "change",
      "change",
      "change",
      "pause",
      "pause",
      "pause",
    ] as const),
    ...(["resume", "resume", "cancel", "cancel", "cancel", "reactivate", "reactivate"] as const),
    "takeLicencesBack",
    ...(["withdrawCancellation", "withdrawScheduledChange", "withdrawScheduledChange"] as const),
  ),
  quantity: maybe(fc.integer({ min: 1, max: 30 })),
  product: maybe(fc.constantFrom(...fuzzedProducts)),
  isScheduled: fc.boolean(),
  trial: fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    trialLength,
    fc.constant("none" as const),
  ),
  term: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    fc.constant(null),
    fc.record({ periods: fc.integer({ min: 1, max: 3 }), renews: fc.boolean() }),
  ),
  startsInDays: fc.option(fc.integer({ min: 0, max: 40 })),
  endsInDays: fc.option(fc.integer({ min: 0, max: 75 })),
  isAtMidnight: fc.boolean(),
  isNow: fc.boolean(),
  waitsForPrepaid: fc.boolean(),
  slot: fc.constantFrom("quantity", "product"),
});

export const scenarios: fc.Arbitrary<Scenario> = fc
  .constantFrom(...zoneDays)
  .chain(([timeZone, days]) =>
    fc.record({
      terms: fc.record({
        type: fc.constantFrom<PartnerTerms["type"][]>("reseller", "msp", "xsp", "xsp"),
        timeZone: fc.constant(timeZone),
        currency: fc.constantFrom("EUR", "JPY", "KWD"),
        billingPeriod: fc.constantFrom<PartnerTerms["billingPeriod"][]>(
          "calendar_month",
          "thirty_days",
        ),
        trialLimit: fc.option(trialLength, { freq: 2 }),
        defaultTrial: fc.option(trialLength),
      }),
      opensOn: fc.oneof(
        fc.constantFrom(...days).map(day),
        fc.integer({ min: 0, max: 19_000 }).map((count) => addDays(day("1985-01-01"), count)),
      ),
      prices: fc.array(
        fc.record({
          product: fc.integer({ min: 0, max: 2 }),
          millionths: fc.constantFrom(0, 500_000, 1_000_000, 1_999_999, 2_000_000, 3_000_000),
          inDays: fc.integer({ min: -10, max: 150 }),
        }),
        { maxLength: 6 },
      ),
      prepaid: fc.option(
        fc.record({
          fromDay: fc.integer({ min: 0, max: 20 }),
          toDay: fc.integer({ min: 15, max: 75 }),
        }),
      ),
      drafts: fc
        .tuple(draft, draft, fc.array(draft, { minLength: 1, maxLength: 24, size: "max" }))
        // A subscription without a creation is a dull one.
        .map(([one, two, others]) => [
          { ...one, name: "one", kind: "create" as const },
          { ...two, name: "two", kind: "create" as const },
          ...others,
        ]),
      lateness: fc.array(fc.integer({ min: 0, max: 300 * 86_400_000 }), { maxLength: 8 }),
      mspInMonths: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 2 }),
    }),
  )
  .map(({ mspInMonths, ...scenario }) => ({
    ...scenario,
    terms: {
      ...scenario.terms,
      mspFrom:
        scenario.terms.type === "reseller" && mspInMonths !== null
          ? firstDayOf(addMonths(monthOf(scenario.opensOn), mspInMonths))
          : null,
    },
  }));

/** A command with its instant; what is replayed elsewhere must not ask the clock again. */
export type Ordered = { readonly name: string; readonly command: Command; readonly at: Instant };

export type Played = {
  readonly partner: Partner;
  readonly context: Context;
  readonly prices: readonly Price[];
  readonly ordered: readonly Ordered[];
  readonly opensAt: Instant;
  readonly endsAt: Instant;
  /** What each command came to: a refusal's code, or null. */
  readonly answers: readonly (string | null)[];
};

/** Plays a scenario on time, and lets half a year pass after its last order. */
export function play(scenario: Scenario): Played {
  const { terms, opensOn } = scenario;
  const ownPrices = buildPrices(scenario);
  const mspPrices = buildMspPrices(scenario);
  const prices = [...ownPrices, ...mspPrices];
  const context = buildFuzzedContext(scenario, ownPrices, mspPrices);
  const opensAt = startOfDay(opensOn, terms.timeZone);
  const partner = openPartner(context, opensAt, prices);
  const ordered: Ordered[] = [];
  const answers: (string | null)[] = [];
  let now = opensAt;
  for (const one of scenario.drafts) {
    now = resolveInstant(one.when, now, partner, terms);
    const command = resolveCommand(takeUp(one, partner), now, terms);
    ordered.push({ name: one.name, command, at: now });
    answers.push(partner.order(one.name, command, now));
  }
  const endsAt = startOfDay(addDays(dayOf(now, terms.timeZone), 180), terms.timeZone);
  partner.advanceTo(endsAt);
  return { partner, context, prices, ordered, opensAt, endsAt, answers };
}

/** Plays the same orders at the same instants, as they are or as `change` makes them. */
export function replay(
  played: Played,
  change: (ordered: Ordered, index: number) => Ordered,
): Played {
  const { context, prices, opensAt, endsAt } = played;
  const partner = openPartner(context, opensAt, prices);
  const ordered = played.ordered.map(change);
  const answers = ordered.map(({ name, command, at }) => partner.order(name, command, at));
  partner.advanceTo(endsAt);
  return { ...played, partner, ordered, answers };
}

/** Most of what can be ordered is refused once a subscription has stopped: half of that takes it up again instead. */
function takeUp(one: Draft, partner: Partner): Draft {
  const state = partner.find(one.name);
  if (state === undefined) return { ...one, kind: "create" };
  return isStopped(state) && one.isAtMidnight ? { ...one, kind: "reactivate" } : one;
}

function buildPrices({ opensOn, prices }: Scenario): readonly Price[] {
  const tiers = { 5: "2.5", 20: "10" };
  const first = fuzzedProducts.map((product, index) =>
    buildPrice(product, `${index + 1}.00`, addDays(opensOn, index === 2 ? 20 : -20), tiers),
  );
  const later = prices.map(({ product, millionths, inDays }) =>
    buildPrice(
      fuzzedProducts[product] ?? toProductId("none"),
      `${millionths / 1e6}`,
      addDays(opensOn, inDays),
      { 10: "50" },
    ),
  );
  return [...first, ...later];
}

/** Those of a reseller that becomes an MSP, from then on. */
function buildMspPrices({ opensOn }: Scenario): readonly Price[] {
  return fuzzedProducts.map((product, index) =>
    buildPrice(product, `${index}.70`, addDays(opensOn, -20), { 7: "3" }),
  );
}

function buildFuzzedContext(
  { terms, opensOn, prepaid }: Scenario,
  ownPrices: readonly Price[],
  mspPrices: readonly Price[],
): Context {
  const products = fuzzedProducts.map((id) => buildProduct(id, { maxQuantity: 1_000 }));
  const ownByProduct = Map.groupBy(ownPrices, (price) => price.product);
  const mspByProduct = Map.groupBy(mspPrices, (price) => price.product);
  const context = buildContext(terms, { products });
  // An MSP from the start has the scenario's own prices, so that they are tried in every channel.
  const pricesOf = (id: ProductId, on: LocalDate): readonly Price[] =>
    (terms.mspFrom !== null && channelOn(terms, on) === "msp" ? mspByProduct : ownByProduct).get(
      id,
    ) ?? [];
  const dayStart = (index: number): Instant => startOfDay(addDays(opensOn, index), terms.timeZone);
  const heldFrom = prepaid && dayStart(prepaid.fromDay);
  const heldUntil = prepaid && dayStart(prepaid.toDay);
  return {
    ...context,
    catalogue: { ...context.catalogue, priceOn: (id, on) => priceOn(pricesOf(id, on), on) },
    // One product is never prepaid, so that there is always something to order.
    prepaid: (id, at) =>
      heldFrom !== null && heldUntil !== null && id !== "prod_c" && at >= heldFrom && at < heldUntil
        ? heldUntil
        : null,
  };
}

function resolveInstant(
  { days, at, ms }: When,
  now: Instant,
  partner: Partner,
  terms: PartnerTerms,
): Instant {
  const { timeZone } = terms;
  switch (at) {
    case "same":
      return now;
    case "random":
      return toInstant(now + days * 86_400_000 + ms);
    case "midnight": {
      const midnight = startOfDay(addDays(dayOf(now, timeZone), days), timeZone);
      return midnight < now ? now : midnight;
    }
    case "due": {
      // Exactly when something is due, or a millisecond to either side.
      const dues = partner.names().map((name) => nextDueAt(partner.get(name), terms));
      const due = dues.find((dueAt) => dueAt !== null && dueAt > now);
      return due === undefined || due === null
        ? now
        : toInstant(Math.max(now, due + (ms % 5 === 0 ? (ms % 3) - 1 : 0)));
    }
    default:
      return at satisfies never;
  }
}

function resolveCommand(one: Draft, now: Instant, terms: PartnerTerms): Command {
  const { timeZone } = terms;
  const after = (days: number): Instant => {
    const midnight = startOfDay(addDays(dayOf(now, timeZone), days), timeZone);
    return one.isAtMidnight ? midnight : toInstant(now + days * 86_400_000 + (one.when.ms % 1_000));
  };
  const startsAt = one.startsInDays === null ? null : after(one.startsInDays);
  const { quantity, product } = one;
  switch (one.kind) {
    case "create": {
      const order = orderOf(one.name, {
        quantity: quantity ?? 10,
        trial: terms.type === "xsp" ? one.trial : undefined,
        startsAt: startsAt === null && one.waitsForPrepaid ? "when_prepaid_ends" : startsAt,
        term: one.term ?? null,
      });
      return { kind: "create", order: product === undefined ? order : { ...order, product } };
    }
    case "change": {
      const effective = one.isScheduled ? "next_period" : "now";
      return { kind: "change", order: { quantity, product, effective, term: one.term } };
    }
    case "pause": {
      const { endsInDays } = one;
      const from = (one.startsInDays ?? 0) + (endsInDays ?? 0);
      const until = endsInDays === null ? null : one.isNow ? { days: endsInDays } : after(from);
      return { kind: "pause", order: { startsAt, until } };
    }
    case "cancel": {
      const date = one.endsInDays === null ? null : addDays(dayOf(now, timeZone), one.endsInDays);
      return {
        kind: "cancel",
        order: one.isNow ? { effective: "now" } : { effective: "period_end", date },
      };
    }
    case "withdrawScheduledChange":
      return { kind: "withdrawScheduledChange", order: { of: one.slot } };
    case "reactivate":
      return {
        kind: "reactivate",
        order: {
          quantity,
          product,
          startsAt: one.waitsForPrepaid ? "when_prepaid_ends" : undefined,
        },
      };
    case "resume":
    case "withdrawCancellation":
    case "takeLicencesBack":
      return { kind: one.kind };
    default:
      return one.kind satisfies never;
  }
}
