import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type {
  ActiveSubscriptionRow,
  ActiveSubscriptionTotals,
  ReconciliationRow,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** A month's subscriptions, and its charges for your own system. */
export interface Reports {
  /**
   * Lists every subscription that was in service at any moment of a month (R25), customer by
   * customer, with a row for each product that it was in service with: the largest quantity, the
   * days, whether it was free, and its status at the month's end. Without `month` it is the one
   * that runs now, as far as it has come.
   *
   * Refused with `time_not_reached`.
   */
  listActiveSubscriptions(
    query?: QueryOf<"listActiveSubscriptions">,
    options?: OptionsOf<"listActiveSubscriptions">,
  ): PagePromise<ActiveSubscriptionRow>;

  /**
   * Adds up the rows of the report of a month's subscriptions by product.
   *
   * Refused with `time_not_reached`.
   */
  getActiveSubscriptionTotals(
    query?: QueryOf<"getActiveSubscriptionTotals">,
    options?: OptionsOf<"getActiveSubscriptionTotals">,
  ): Promise<ActiveSubscriptionTotals>;

  /**
   * Lists every charge of a month (R22) with all ids by which your own system may know it. Discount
   * and amount are final once `bill` is there.
   *
   * Refused with `time_not_reached`.
   */
  listReconciliation(
    query?: QueryOf<"listReconciliation">,
    options?: OptionsOf<"listReconciliation">,
  ): PagePromise<ReconciliationRow>;
}

export function createReports({ call, list }: Calls): Reports {
  return {
    listActiveSubscriptions: (query, options) =>
      list("listActiveSubscriptions", { query }, options),
    getActiveSubscriptionTotals: (query, options) =>
      call("getActiveSubscriptionTotals", { query }, options),
    listReconciliation: (query, options) => list("listReconciliation", { query }, options),
  };
}
