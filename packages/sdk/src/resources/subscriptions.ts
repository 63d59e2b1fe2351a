import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import { EvergateError } from "../errors.ts";
import type {
  CancelInput,
  Charge,
  HistoryEntry,
  PauseInput,
  Preview,
  ReactivateInput,
  Subscription,
  SubscriptionInput,
  SubscriptionPatch,
  SubscriptionRead,
  SubscriptionRef,
  WithdrawScheduledChangeInput,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** Licences that renew by themselves. */
export interface Subscriptions {
  /**
   * Makes a subscription, gives it its activation code, and begins service at once or at
   * `startsAt`. Resellers and MSPs have the first month or 30 days free; an xSP says in `trial`
   * what it offers (R6). With `startsAt: "when_prepaid_ends"` it waits for the end of the
   * customer's prepaid licence (R14).
   *
   * Refused with `prepaid_licence_held`, `external_id_taken`, `customer_unknown`, `product_unknown`,
   * `trial_not_offered`, `trial_exceeds_limit`, `starts_in_past`, `product_not_priced`,
   * `quantity_out_of_range`.
   */
  create(
    input: SubscriptionInput,
    options?: OptionsOf<"createSubscription">,
  ): Promise<Subscription>;

  /** Lists the partner's subscriptions, newest first. */
  list(
    query?: QueryOf<"listSubscriptions">,
    options?: OptionsOf<"listSubscriptions">,
  ): PagePromise<SubscriptionRead>;

  /**
   * Reads one subscription, with everything done that was due until now (R2), or with `asOf` as it
   * was at an earlier instant: what this answered then. Before it was made there is no such
   * subscription.
   *
   * Refused with `not_found`, `time_not_reached`.
   */
  get(
    subscriptionId: SubscriptionRef,
    query?: QueryOf<"getSubscription">,
    options?: OptionsOf<"getSubscription">,
  ): Promise<SubscriptionRead>;

  /**
   * Changes quantity (R7), product (R8), term (R13) or metadata, all of it in one step or
   * nothing of it, with no new activation and no new trial. More units cost from the current
   * period on, fewer from the next (R17). With `effective` `next_period` the change of quantity
   * and product waits for the end of the period, or of the trial (R29). Of a stopped
   * subscription only the metadata can be changed, of one that has not started only term and
   * metadata. Pass `ifMatch: subscription.version` to change only what you have seen.
   *
   * Refused with `not_found`, `subscription_stopped`, `subscription_not_started`,
   * `prepaid_licence_held`, `version_mismatch`, `product_unknown`, `product_not_priced`, `quantity_out_of_range`,
   * `term_not_prolonged`.
   */
  update(
    subscriptionId: SubscriptionRef,
    input: SubscriptionPatch,
    options?: OptionsOf<"updateSubscription">,
  ): Promise<Subscription>;

  /**
   * What `update` would come to if it were called now: the subscription, and the charges of this
   * period and the next, without the change and with it. Nothing is done. Refused as it is.
   */
  previewUpdate(
    subscriptionId: SubscriptionRef,
    input: SubscriptionPatch,
    options?: OptionsOf<"updateSubscription">,
  ): Promise<Preview>;

  /**
   * Lets service rest for a stated time, from now or later on (R9). Nothing renews meanwhile;
   * service resumes by itself at the end. A period already begun is charged all the same (R16).
   *
   * Refused with `not_found`, `subscription_stopped`, `subscription_not_started`,
   * `subscription_already_paused`, `pause_already_scheduled`, `version_mismatch`,
   * `pause_starts_in_past`, `pause_end_required`, `open_ended_pause_not_allowed`,
   * `pause_ends_before_start`.
   */
  pause(
    subscriptionId: SubscriptionRef,
    input: PauseInput,
    options?: OptionsOf<"pauseSubscription">,
  ): Promise<Subscription>;

  /**
   * What `pause` would come to if it were called now: the subscription, and the charges of this
   * period and the next, without the change and with it. Nothing is done. Refused as it is.
   */
  previewPause(
    subscriptionId: SubscriptionRef,
    input: PauseInput,
    options?: OptionsOf<"pauseSubscription">,
  ): Promise<Preview>;

  /**
   * Begins service again at once, before the pause ends by itself. A pause that has not begun is
   * withdrawn.
   *
   * Refused with `not_found`, `subscription_not_paused`, `version_mismatch`.
   */
  resume(
    subscriptionId: SubscriptionRef,
    options?: OptionsOf<"resumeSubscription">,
  ): Promise<Subscription>;

  /**
   * Orders service to end at the end of the billing period, of the period that contains `date`,
   * or at once (R11). The last period is charged; in the trial nothing is. A second order takes
   * the place of the first. A subscription that is paused or has not started stops at once.
   *
   * Refused with `not_found`, `subscription_stopped`, `version_mismatch`,
   * `cancellation_date_not_allowed`, `cancellation_date_in_past`.
   */
  cancel(
    subscriptionId: SubscriptionRef,
    input: CancelInput,
    options?: OptionsOf<"cancelSubscription">,
  ): Promise<Subscription>;

  /**
   * What `cancel` would come to if it were called now: the subscription, and the charges of this
   * period and the next, without the change and with it. Nothing is done. Refused as it is.
   */
  previewCancellation(
    subscriptionId: SubscriptionRef,
    input: CancelInput,
    options?: OptionsOf<"cancelSubscription">,
  ): Promise<Preview>;

  /**
   * Withdraws a stop that has not taken effect (R11).
   *
   * Refused with `not_found`, `no_cancellation_scheduled`, `version_mismatch`.
   */
  withdrawCancellation(
    subscriptionId: SubscriptionRef,
    options?: OptionsOf<"withdrawCancellation">,
  ): Promise<Subscription>;

  /**
   * Withdraws the change of quantity or of product that waits for the end of the period (R29).
   *
   * Refused with `not_found`, `no_scheduled_change`, `version_mismatch`.
   */
  withdrawScheduledChange(
    subscriptionId: SubscriptionRef,
    input: WithdrawScheduledChangeInput,
    options?: OptionsOf<"withdrawScheduledChange">,
  ): Promise<Subscription>;

  /**
   * Begins service again after a stop or at the end of a term (R12), with the same activation
   * code and no new trial; what is left of its trial window is still free.
   *
   * Refused with `not_found`, `subscription_not_stopped`, `prepaid_licence_held`, `version_mismatch`, `product_unknown`,
   * `product_not_priced`, `quantity_out_of_range`.
   */
  reactivate(
    subscriptionId: SubscriptionRef,
    input?: ReactivateInput,
    options?: OptionsOf<"reactivateSubscription">,
  ): Promise<Subscription>;

  /**
   * What `reactivate` would come to if it were called now: the subscription, and the charges of this
   * period and the next, without the change and with it. Nothing is done. Refused as it is.
   */
  previewReactivation(
    subscriptionId: SubscriptionRef,
    input?: ReactivateInput,
    options?: OptionsOf<"reactivateSubscription">,
  ): Promise<Preview>;

  /**
   * Lists what was charged for a subscription, newest first.
   *
   * Refused with `not_found`.
   */
  listCharges(
    subscriptionId: SubscriptionRef,
    query?: QueryOf<"listSubscriptionCharges">,
    options?: OptionsOf<"listSubscriptionCharges">,
  ): PagePromise<Charge>;

  /**
   * Lists every change of a subscription, newest first, with who made it and when, and what it
   * was before and after (R26).
   *
   * Refused with `not_found`.
   */
  listHistory(
    subscriptionId: SubscriptionRef,
    query?: QueryOf<"listSubscriptionHistory">,
    options?: OptionsOf<"listSubscriptionHistory">,
  ): PagePromise<HistoryEntry>;
}

export function createSubscriptions({ call, list }: Calls): Subscriptions {
  return {
    create: (input, options) => call("createSubscription", { body: input }, options),
    list: (query, options) => list("listSubscriptions", { query }, options),
    get: (subscriptionId, query, options) =>
      call("getSubscription", { path: { subscriptionId }, query }, options),
    update: async (subscriptionId, input, options) =>
      readSubscription(
        await call("updateSubscription", { path: { subscriptionId }, body: input }, options),
      ),
    previewUpdate: async (subscriptionId, input, options) =>
      readPreview(
        await call(
          "updateSubscription",
          { path: { subscriptionId }, query: { preview: true }, body: input },
          options,
        ),
      ),
    pause: async (subscriptionId, input, options) =>
      readSubscription(
        await call("pauseSubscription", { path: { subscriptionId }, body: input }, options),
      ),
    previewPause: async (subscriptionId, input, options) =>
      readPreview(
        await call(
          "pauseSubscription",
          { path: { subscriptionId }, query: { preview: true }, body: input },
          options,
        ),
      ),
    resume: (subscriptionId, options) =>
      call("resumeSubscription", { path: { subscriptionId } }, options),
    cancel: async (subscriptionId, input, options) =>
      readSubscription(
        await call("cancelSubscription", { path: { subscriptionId }, body: input }, options),
      ),
    previewCancellation: async (subscriptionId, input, options) =>
      readPreview(
        await call(
          "cancelSubscription",
          { path: { subscriptionId }, query: { preview: true }, body: input },
          options,
        ),
      ),
    withdrawCancellation: (subscriptionId, options) =>
      call("withdrawCancellation", { path: { subscriptionId } }, options),
    withdrawScheduledChange: (subscriptionId, input, options) =>
      call("withdrawScheduledChange", { path: { subscriptionId }, body: input }, options),
    reactivate: async (subscriptionId, input = {}, options) =>
      readSubscription(
        await call("reactivateSubscription", { path: { subscriptionId }, body: input }, options),
      ),
    previewReactivation: async (subscriptionId, input = {}, options) =>
      readPreview(
        await call(
          "reactivateSubscription",
          { path: { subscriptionId }, query: { preview: true }, body: input },
          options,
        ),
      ),
    listCharges: (subscriptionId, query, options) =>
      list("listSubscriptionCharges", { path: { subscriptionId }, query }, options),
    listHistory: (subscriptionId, query, options) =>
      list("listSubscriptionHistory", { path: { subscriptionId }, query }, options),
  };
}

// The contract has both as answers of one operation; which it is was asked for.
function readSubscription(answer: Subscription | Preview): Subscription {
  if ("periods" in answer) throw new EvergateError("The gateway answered with a preview, unasked.");
  return answer;
}

function readPreview(answer: Subscription | Preview): Preview {
  if (!("periods" in answer)) throw new EvergateError("The gateway answered with no preview.");
  return answer;
}
