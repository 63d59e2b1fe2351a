import { dayOf, formatInstant, monthOf, nextMonth, type Instant, type Month } from "../calendar.ts";
import type { Price } from "../catalogue.ts";
import { billMonthOf, type Charge } from "../charge.ts";
import type { Fact } from "../decision.ts";
import { formatAmount, formatPrice, noDiscount, type Percent } from "../money.ts";
import { settleMonth, settlesAt, type Settlement, type SettlementTerms } from "../settlement.ts";
import { nextDueAt } from "../subscription/next-due.ts";
import type { Subscription } from "../subscription/state.ts";
import { step } from "../subscription/step.ts";
import type { Context } from "../terms.ts";
import { carryOut, type Command } from "./command.ts";

/** The state of a subscription after a step of the clock or a command. */
export type Snapshot = {
  readonly by: "clock" | "command";
  readonly at: Instant;
  readonly state: Subscription;
};

export type Partner = {
  /** Carries the command out at `at`; answers the refusal's code, or null. */
  readonly order: (name: string, command: Command, at: Instant) => string | null;
  readonly advanceTo: (to: Instant) => void;
  readonly get: (name: string) => Subscription;
  readonly find: (name: string) => Subscription | undefined;
  readonly names: () => readonly string[];
  readonly facts: (name: string) => readonly Fact[];
  readonly snapshots: (name: string) => readonly Snapshot[];
  readonly charges: () => readonly Charge[];
  readonly bills: ReadonlyMap<Month, Settlement>;
};

/**
 * A partner in memory whose clock is always on time: at each instant all that is due is carried out in R2's order,
 * the month settled last. It opens for business at `opensAt`.
 */
export function openPartner(
  context: Context,
  opensAt: Instant,
  prices: readonly Price[] = [],
  taxRate: Percent = noDiscount,
): Partner {
  const { terms } = context;
  const subscriptions = new Map<string, Subscription>();
  const facts = new Map<string, Fact[]>();
  const snapshots = new Map<string, Snapshot[]>();
  const unbilled: Charge[] = [];
  const charges: Charge[] = [];
  const bills = new Map<Month, Settlement>();
  const settlement: SettlementTerms = {
    type: terms.type,
    mspFrom: terms.mspFrom,
    currency: terms.currency,
    taxRate,
    price: (id) => prices.find((price) => price.id === id),
  };
  let month = monthOf(dayOf(opensAt, terms.timeZone));
  let now = opensAt;

  const keep = (
    name: string,
    by: Snapshot["by"],
    at: Instant,
    state: Subscription,
    news: readonly Fact[],
  ): void => {
    subscriptions.set(name, state);
    snapshots.set(name, [...(snapshots.get(name) ?? []), { by, at, state }]);
    facts.set(name, [...(facts.get(name) ?? []), ...news]);
    for (const { charge } of news) {
      if (charge === null) continue;
      charges.push(charge);
      unbilled.push(charge);
    }
  };

  const advanceTo = (to: Instant): void => {
    for (;;) {
      const settles = settlesAt(month, terms.timeZone);
      let next = settles;
      for (const subscription of subscriptions.values()) {
        const dueAt = nextDueAt(subscription, terms);
        if (dueAt !== null && dueAt < next) next = dueAt;
      }
      if (next > to) break;
      for (const [name, subscription] of subscriptions) {
        if (nextDueAt(subscription, terms) !== next) continue;
        const stepped = step(subscription, next, context);
        keep(name, "clock", next, stepped.subscription, stepped.facts);
      }
      if (next === settles) settle();
    }
    if (to < now) throw new Error("the clock does not go back");
    now = to;
  };

  const settle = (): void => {
    // Whatever a month's bill misses stays here, and fails the next one.
    const late = unbilled.find((charge) => billMonthOf(charge) < month);
    if (late !== undefined) throw new Error(`a charge of ${late.period.endsOn} missed its bill`);
    const due = unbilled.filter((charge) => billMonthOf(charge) === month);
    for (const charge of due) unbilled.splice(unbilled.indexOf(charge), 1);
    const bill = settleMonth(due, settlement);
    if (bill !== null) bills.set(month, bill);
    month = nextMonth(month);
  };

  const order = (name: string, command: Command, at: Instant): string | null => {
    advanceTo(at);
    const decision = carryOut(subscriptions.get(name), command, context, at);
    if (!decision.accepted) return decision.refusal.code;
    keep(name, "command", at, decision.subscription, decision.facts);
    return null;
  };

  return {
    order,
    advanceTo,
    get: (name) => {
      const found = subscriptions.get(name);
      if (found === undefined) throw new Error(`no subscription ${name}`);
      return found;
    },
    find: (name) => subscriptions.get(name),
    names: () => [...subscriptions.keys()],
    facts: (name) => facts.get(name) ?? [],
    snapshots: (name) => snapshots.get(name) ?? [],
    charges: () => charges,
    bills,
  };
}

/** The bills as lines that read `2026-12: 2026-12-01/2026-12-31 10 × 2.00 = 20.00`, days and discount where there are. */
export function readBills(partner: Partner, currency = "EUR"): readonly string[] {
  return [...partner.bills].flatMap(([month, bill]) =>
    bill.lines.map(({ charge, amount, discountPercent }) => {
      const { period, quantity, unitPrice, days } = charge;
      const share = days === null ? "" : ` × ${days.charged}/${days.of}`;
      const discount =
        discountPercent === noDiscount ? "" : ` − ${Number(discountPercent) / 1e6} %`;
      const price = formatPrice(unitPrice, currency);
      return `${month}: ${period.startsOn}/${period.endsOn} ${quantity} × ${price}${share}${discount} = ${formatAmount(amount, currency)}`;
    }),
  );
}

/** The facts as `2026-12-01T00:00:00Z subscription.renewed`. */
export function readFacts(facts: readonly Fact[]): readonly string[] {
  return facts.map((fact) => `${formatInstant(fact.at)} ${fact.type}`);
}
