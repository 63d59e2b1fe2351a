import { dayOf, type Instant } from "../calendar.ts";
import { accept, recordCommand, refuse, type Decision } from "../decision.ts";
import type { Context } from "../terms.ts";
import { advance } from "./advance.ts";
import { configurationAfter } from "./change-configuration.ts";
import { refuseConfiguration, type ConfigurationRefusal } from "./configuration.ts";
import type { ScheduledChange, Subscription } from "./state.ts";

export type WithdrawScheduledChangeOrder = { readonly of: "quantity" | "product" };

export type WithdrawScheduledChangeRefusal =
  | { readonly code: "no_scheduled_change" }
  | ConfigurationRefusal;

/**
 * Empties one slot of what is scheduled (R29).
 *
 * Refusals: `no_scheduled_change`, and where the other slot's change would not be allowed alone,
 * `product_unknown`, `product_not_priced`, `quantity_out_of_range`.
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
  if (rest !== null) {
    const day = dayOf(rest.effectiveAt, context.terms.timeZone);
    const refusal = refuseConfiguration(configurationAfter(current, rest), day, context);
    if (refusal !== null) return refuse(refusal);
  }
  return accept(
    recordCommand(progress, { ...current, scheduledChange: rest }, [
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
