import { addDays, dayOf, startOfDay, type Instant } from "../calendar.ts";
import { accept, recordCommand, refuse, type Decision } from "../decision.ts";
import type { Context } from "../terms.ts";
import { advance } from "./advance.ts";
import { baseOf, type Pause, type Subscription } from "./state.ts";

export type PauseOrder = {
  /** Null: now. */
  readonly startsAt: Instant | null;
  /** When it ends: an instant, or after a number of days, at least 1; null or absent: open. */
  readonly until?: Instant | { readonly days: number } | null | undefined;
};

export type PauseRefusal =
  | { readonly code: "subscription_stopped"; readonly stoppedAt: Instant }
  | { readonly code: "subscription_not_started"; readonly startsAt: Instant }
  | { readonly code: "subscription_already_paused"; readonly resumesAt: Instant | null }
  | { readonly code: "pause_already_scheduled"; readonly startsAt: Instant }
  | { readonly code: "pause_starts_in_past"; readonly now: Instant }
  | { readonly code: "pause_end_required" }
  | { readonly code: "open_ended_pause_not_allowed" }
  | {
      readonly code: "pause_ends_before_start";
      readonly startsAt: Instant;
      readonly resumesAt: Instant;
    };

/**
 * Pauses a subscription, now or later, for a stated term (R9).
 *
 * Refusals: `subscription_stopped`, `subscription_not_started`, `subscription_already_paused`,
 * `pause_already_scheduled` (resuming withdraws it), `pause_starts_in_past`, `pause_end_required` (nothing said of it),
 * `open_ended_pause_not_allowed` (an open end asked for; both unless an xSP's), `pause_ends_before_start`.
 */
export function pauseSubscription(
  subscription: Subscription,
  order: PauseOrder,
  context: Context,
  at: Instant,
): Decision<PauseRefusal> {
  const progress = advance(subscription, at, context);
  const current = progress.subscription;
  const { advancedTo: now } = current;
  switch (current.status) {
    case "canceled":
    case "expired":
      return refuse({ code: "subscription_stopped", stoppedAt: current.stoppedAt });
    case "scheduled":
      return refuse({ code: "subscription_not_started", startsAt: current.startsAt });
    case "paused":
      return refuse({ code: "subscription_already_paused", resumesAt: current.pause.resumesAt });
    case "trialing":
    case "active":
      break;
    default:
      return current satisfies never;
  }
  if (current.pause !== null)
    return refuse({ code: "pause_already_scheduled", startsAt: current.pause.startsAt });
  const pause = planPause(order, context, now);
  if ("code" in pause) return refuse(pause);
  if (pause.startsAt > now)
    return accept(recordCommand(progress, { ...current, pause }, ["subscription.pause_scheduled"]));
  return accept(
    recordCommand(progress, { ...baseOf(current), status: "paused", pause }, [
      "subscription.paused",
    ]),
  );
}

function planPause(order: PauseOrder, context: Context, now: Instant): Pause | PauseRefusal {
  const { type, timeZone } = context.terms;
  const { until } = order;
  const startsAt = order.startsAt ?? now;
  if (startsAt < now) return { code: "pause_starts_in_past", now };
  if (until === undefined || until === null) {
    if (type === "xsp") return { startsAt, resumesAt: null };
    return { code: until === undefined ? "pause_end_required" : "open_ended_pause_not_allowed" };
  }
  // R9: until the local midnight that begins the n-th day after the day on which it starts.
  const resumesAt =
    typeof until === "number"
      ? until
      : startOfDay(addDays(dayOf(startsAt, timeZone), until.days), timeZone);
  if (resumesAt <= startsAt) return { code: "pause_ends_before_start", startsAt, resumesAt };
  return { startsAt, resumesAt };
}
