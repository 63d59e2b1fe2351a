import type { EvergateEvent, Pause } from "@evergate/sdk";
import { formatDay, toDay } from "../clock.ts";
import type { Names } from "./names.ts";

/** What an event says, in a few words. */
export function describeEvent(event: EvergateEvent, names: Names): string {
  switch (event.type) {
    case "charge.created":
      return `${event.data.quantity} × ${names.codeOf(event.data.product)}, ${event.data.amount} ${event.data.currency}`;
    case "bill.issued":
    case "settlement.completed":
      return `${event.data.number}, ${event.data.total} ${event.data.currency}`;
    case "customer.created":
    case "customer.updated":
    case "partner.approved":
    case "partner.suspended":
    case "partner.reinstated":
    case "partner.updated":
      return event.data.name;
    case "subscription.created":
    case "subscription.reactivated":
      return `code ${event.data.activationCode}`;
    case "subscription.activated":
      return `${event.data.quantity} × ${names.codeOf(event.data.product)}`;
    case "subscription.trial_started":
    case "subscription.trial_will_end":
    case "subscription.trial_ended":
      return event.data.trial === null ? "" : `free to ${dayBefore(event.data.trial.endsAt)}`;
    case "subscription.quantity_changed":
      return `${event.data.previous?.quantity ?? "?"} → ${event.data.quantity}`;
    case "subscription.product_changed":
      return `${names.codeOf(event.data.previous?.product ?? "?")} → ${names.codeOf(event.data.product)}`;
    case "subscription.change_scheduled":
      return event.data.scheduledChange === null
        ? ""
        : `${event.data.scheduledChange.quantity ?? event.data.quantity} from ${formatDay(toDay(event.data.scheduledChange.effectiveAt))}`;
    case "subscription.cancellation_scheduled":
      return event.data.cancellation === null
        ? ""
        : `last day ${dayBefore(event.data.cancellation.effectiveAt)}`;
    case "subscription.pause_scheduled":
    case "subscription.paused":
      return describePauseEnd(event.data.pause);
    // Nothing more to say; and whoever receives events has to put up with types that later gateways add.
    default:
      return "";
  }
}

function describePauseEnd(pause: Pause | null): string {
  if (pause === null || pause.resumesAt === null) return "no end set";
  return `until ${formatDay(toDay(pause.resumesAt))}`;
}

/** Ranges are half open: what ends at a midnight has the day before as its last. */
function dayBefore(endsAt: string): string {
  return formatDay(toDay(endsAt).subtract({ days: 1 }));
}
