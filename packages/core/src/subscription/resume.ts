import type { Instant } from "../calendar.ts";
import { accept, recordCommand, refuse, type Decision } from "../decision.ts";
import type { Context } from "../terms.ts";
import { advance } from "./advance.ts";
import { occupyPeriod, serve } from "./service.ts";
import { isInService, type Subscription, type SubscriptionStatus } from "./state.ts";

export type ResumeRefusal = {
  readonly code: "subscription_not_paused";
  readonly status: SubscriptionStatus;
};

/**
 * Ends a pause before its term, or withdraws one that has not begun (R9).
 *
 * Refusals: `subscription_not_paused`.
 */
export function resumeSubscription(
  subscription: Subscription,
  context: Context,
  at: Instant,
): Decision<ResumeRefusal> {
  const progress = advance(subscription, at, context);
  const current = progress.subscription;
  if (current.status === "paused") {
    // Never the first paid period by the day: it follows on a pause (R18).
    return accept(
      recordCommand(progress, occupyPeriod(serve(current), false, context), [
        "subscription.resumed",
      ]),
    );
  }
  if (isInService(current) && current.pause !== null) {
    return accept(
      recordCommand(progress, { ...current, pause: null }, ["subscription.pause_withdrawn"]),
    );
  }
  return refuse({ code: "subscription_not_paused", status: current.status });
}
