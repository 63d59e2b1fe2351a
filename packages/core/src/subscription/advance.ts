import type { Instant } from "../calendar.ts";
import type { Fact, Progress } from "../decision.ts";
import type { Context } from "../terms.ts";
import { nextDueAt } from "./next-due.ts";
import { step } from "./step.ts";
import type { Subscription } from "./state.ts";

/**
 * Carries out everything due at or before `to`, in order of its due time (R2): late is the same as on time (R3).
 * A clock behind the one that advanced it last changes nothing: instants never go back.
 */
export function advance(subscription: Subscription, to: Instant, context: Context): Progress {
  const facts: Fact[] = [];
  let current = subscription;
  for (;;) {
    const dueAt = nextDueAt(current, context.terms);
    if (dueAt === null || dueAt > to) break;
    const stepped = step(current, dueAt, context);
    current = stepped.subscription;
    facts.push(...stepped.facts);
  }
  if (current.advancedTo < to) current = { ...current, advancedTo: to };
  return { subscription: current, facts };
}
