import type { Instant } from "../calendar.ts";
import { recordCommand, type Progress } from "../decision.ts";
import type { ProductId } from "../ids.ts";
import { whenPrepaidEnds } from "../prepaid.ts";
import type { Context } from "../terms.ts";
import { advance } from "./advance.ts";
import { priceDayOf, refuseConfiguration } from "./configuration.ts";
import { activate, occupyPeriod } from "./service.ts";
import { isFirstStart, type ScheduledSubscription, type Subscription } from "./state.ts";
import { withdrawScheduledChange } from "./withdraw-scheduled-change.ts";

/** What has changed of a customer's prepaid licences: until when they held the product before. `Context.prepaid` has them as they are now. */
export type PrepaidMove = { readonly product: ProductId; readonly heldBefore: Instant | null };

/**
 * Keeps R14 true for what was ordered before a licence was registered, moved or taken back:
 *
 * - A start that is still to come and would fall into a licence moves to its end. One that stands at the very end of
 *   what the customer holds follows that end, earlier too (but never to a day without a price), and begins at once
 *   where nothing is held any more.
 * - A scheduled change to the product that would fall into a licence is withdrawn: the subscription stays what it is.
 *
 * What is in service already goes on.
 */
export function followPrepaid(
  subscription: Subscription,
  { product, heldBefore }: PrepaidMove,
  context: Context,
  at: Instant,
): Progress {
  const progress = advance(subscription, at, context);
  const current = progress.subscription;
  if (current.status === "scheduled")
    return current.product === product
      ? moveStart(progress, current, heldBefore, context)
      : progress;
  const change = current.scheduledChange;
  if (change?.product !== product || current.product === product) return progress;
  if ((context.prepaid?.(product, change.effectiveAt) ?? null) === null) return progress;
  const withdrawal = withdrawScheduledChange(current, { of: "product" }, context, at);
  return withdrawal.accepted
    ? { subscription: withdrawal.subscription, facts: [...progress.facts, ...withdrawal.facts] }
    : progress;
}

function moveStart(
  progress: Progress,
  current: ScheduledSubscription,
  heldBefore: Instant | null,
  context: Context,
): Progress {
  const { product, quantity, startsAt, advancedTo } = current;
  const wanted = startsAt === heldBefore ? whenPrepaidEnds(product, context, advancedTo) : startsAt;
  const startsAtNow = whenPrepaidEnds(product, context, wanted);
  if (startsAtNow === startsAt) return progress;
  const moved: ScheduledSubscription = { ...current, startsAt: startsAtNow };
  const { activated, types } = activate({ ...moved, advancedTo: startsAtNow }, context.terms);
  // What has a price on a day has one on every later day, but not on every earlier one.
  if (startsAtNow < startsAt) {
    const priceDay = priceDayOf(activated, context.terms);
    if (refuseConfiguration({ product, quantity }, priceDay, context) !== null) return progress;
  }
  return startsAtNow > advancedTo
    ? recordCommand(progress, moved, ["subscription.updated"])
    : recordCommand(progress, occupyPeriod(activated, isFirstStart(current), context), types);
}
