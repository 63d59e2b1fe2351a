import type { Instant } from "../calendar.ts";
import { accept, recordCommand, refuse, type Decision } from "../decision.ts";
import type { Context } from "../terms.ts";
import { advance } from "./advance.ts";
import type { Subscription } from "./state.ts";

export type WithdrawCancellationRefusal = { readonly code: "no_cancellation_scheduled" };

/**
 * Takes back a stop that has not taken effect (R11).
 *
 * Refusals: `no_cancellation_scheduled`.
 */
export function withdrawCancellation(
  subscription: Subscription,
  context: Context,
  at: Instant,
): Decision<WithdrawCancellationRefusal> {
  const progress = advance(subscription, at, context);
  const current = progress.subscription;
  if (current.cancellation === null) return refuse({ code: "no_cancellation_scheduled" });
  return accept(
    recordCommand(progress, { ...current, cancellation: null }, [
      "subscription.cancellation_withdrawn",
    ]),
  );
}
