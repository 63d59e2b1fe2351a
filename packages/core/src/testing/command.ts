import type { Instant } from "../calendar.ts";
import { accept, type Decision } from "../decision.ts";
import { cancelSubscription, type CancelOrder } from "../subscription/cancel.ts";
import { changeSubscription, type ChangeOrder } from "../subscription/change.ts";
import { createSubscription, type CreateOrder } from "../subscription/create.ts";
import { followPrepaid } from "../subscription/follow-prepaid.ts";
import { pauseSubscription, type PauseOrder } from "../subscription/pause.ts";
import { reactivateSubscription, type ReactivateOrder } from "../subscription/reactivate.ts";
import { resumeSubscription } from "../subscription/resume.ts";
import type { Subscription } from "../subscription/state.ts";
import { withdrawCancellation } from "../subscription/withdraw-cancellation.ts";
import {
  withdrawScheduledChange,
  type WithdrawScheduledChangeOrder,
} from "../subscription/withdraw-scheduled-change.ts";
import type { Context } from "../terms.ts";

/** Every command as a value, so that a fuzzer can make them up and print them. */
export type Command =
  | { readonly kind: "create"; readonly order: CreateOrder }
  | { readonly kind: "change"; readonly order: ChangeOrder }
  | { readonly kind: "pause"; readonly order: PauseOrder }
  | { readonly kind: "resume" }
  | { readonly kind: "cancel"; readonly order: CancelOrder }
  | { readonly kind: "withdrawCancellation" }
  | { readonly kind: "withdrawScheduledChange"; readonly order: WithdrawScheduledChangeOrder }
  | { readonly kind: "reactivate"; readonly order: ReactivateOrder }
  /** All licences of the product are taken back, and what waited for their end begins at once. */
  | { readonly kind: "takeLicencesBack" };

export function carryOut(
  subscription: Subscription | undefined,
  command: Command,
  context: Context,
  at: Instant,
): Decision<{ readonly code: string }> {
  if (command.kind === "create") {
    if (subscription !== undefined) return { accepted: false, refusal: { code: "exists" } };
    return createSubscription(command.order, context, at);
  }
  if (subscription === undefined) return { accepted: false, refusal: { code: "not_found" } };
  switch (command.kind) {
    case "change":
      return changeSubscription(subscription, command.order, context, at);
    case "pause":
      return pauseSubscription(subscription, command.order, context, at);
    case "resume":
      return resumeSubscription(subscription, context, at);
    case "cancel":
      return cancelSubscription(subscription, command.order, context, at);
    case "withdrawCancellation":
      return withdrawCancellation(subscription, context, at);
    case "withdrawScheduledChange":
      return withdrawScheduledChange(subscription, command.order, context, at);
    case "reactivate":
      return reactivateSubscription(subscription, command.order, context, at);
    case "takeLicencesBack": {
      const { product, startsAt } = subscription;
      const bare = { ...context, prepaid: () => null };
      return accept(followPrepaid(subscription, { product, heldBefore: startsAt }, bare, at));
    }
    default:
      return command satisfies never;
  }
}
