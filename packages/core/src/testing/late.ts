import { toInstant } from "../calendar.ts";
import type { Fact } from "../decision.ts";
import { advance } from "../subscription/advance.ts";
import type { Subscription } from "../subscription/state.ts";
import { carryOut } from "./command.ts";
import type { Played } from "./scenario.ts";

/** The same orders by a gateway that does the clock's work late: when it wakes up, or when an order makes it. */
export function playLate(
  played: Played,
  lateness: readonly number[],
): {
  readonly facts: Map<string, Fact[]>;
  readonly states: Map<string, Subscription>;
  readonly answers: readonly (string | null)[];
} {
  const { context, ordered, opensAt, endsAt } = played;
  const facts = new Map<string, Fact[]>();
  const states = new Map<string, Subscription>();
  const answers: (string | null)[] = [];
  const wakeUps = lateness
    .map((ms) => toInstant(opensAt + ms))
    .toSorted((one, other) => one - other);
  const keep = (name: string, state: Subscription, news: readonly Fact[]): void => {
    states.set(name, state);
    facts.set(name, [...(facts.get(name) ?? []), ...news]);
  };
  const wakeUp = (to: typeof endsAt): void => {
    for (const [name, state] of states) {
      const advanced = advance(state, to, context);
      keep(name, advanced.subscription, advanced.facts);
    }
  };
  for (const { name, command, at } of ordered) {
    while (wakeUps[0] !== undefined && wakeUps[0] <= at) wakeUp(wakeUps.shift() ?? at);
    const decision = carryOut(states.get(name), command, context, at);
    answers.push(decision.accepted ? null : decision.refusal.code);
    if (decision.accepted) keep(name, decision.subscription, decision.facts);
  }
  wakeUp(endsAt);
  return { facts, states, answers };
}
