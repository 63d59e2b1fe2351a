import { dayOf, type Instant } from "../calendar.ts";
import { accept, recordCommand, refuse, type Decision } from "../decision.ts";
import type { Context } from "../terms.ts";
import { advance } from "./advance.ts";
import { configurationAfter } from "./change-configuration.ts";
import { refuseConfiguration } from "./configuration.ts";
import type { ScheduledChange, Subscription } from "./state.ts";

export type WithdrawScheduledChangeOrder = { readonly of: "quantity" | "product" };

export type WithdrawScheduledChangeRefusal = { readonly code: "no_scheduled_change" };

/**
 * Empties one slot of what is scheduled (R29). Where the other slot's change would not be allowed alone
 * (a quantity that only the product to come can have), it goes with it: both were one order.
 *
 * Refusals: `no_scheduled_change`.
 */
export function withdrawScheduledChange(
  subscription: Subscription,
  order: WithdrawScheduledChangeOrder,
  context: Context,
  at: Instant,
): Decision<WithdrawScheduledChangeRefusal> {
  const progress = advance(subscription, at, context);
  const current = progress.subscription;
  const standing = current.scheduledChange;
  if (standing === null || standing[order.of] === null)
    return refuse({ code: "no_scheduled_change" });
  const rest = emptySlot(standing, order.of);
  return accept(
    recordCommand(progress, { ...current, scheduledChange: keepAllowed(rest, current, context) }, [
      "subscription.change_withdrawn",
    ]),
  );
}

function emptySlot(
  standing: ScheduledChange,
  slot: "quantity" | "product",
): ScheduledChange | null {
  const rest = { ...standing, [slot]: null };
  return rest.product === null && rest.quantity === null ? null : rest;
}

function keepAllowed(
  rest: ScheduledChange | null,
  current: Subscription,
  context: Context,
): ScheduledChange | null {
  if (rest === null) return null;
  const day = dayOf(rest.effectiveAt, context.terms.timeZone);
  return refuseConfiguration(configurationAfter(current, rest), day, context) === null
    ? rest
    : null;
}
