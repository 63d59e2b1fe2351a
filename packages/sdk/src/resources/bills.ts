import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type {
  Bill,
  BillCustomer,
  BillId,
  Charge,
  Discounts,
  UpcomingBill,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** The collective bills of a partner, one for each month. */
export interface Bills {
  /**
   * Lists the partner's bills, newest first. There is one for each month in which a charged
   * period ended (R22).
   */
  list(query?: QueryOf<"listBills">, options?: OptionsOf<"listBills">): PagePromise<Bill>;

  /**
   * Reads one bill. Once made it never changes (R23).
   *
   * Refused with `not_found`.
   */
  get(billId: BillId, options?: OptionsOf<"getBill">): Promise<Bill>;

  /**
   * Computes the bill of the month that runs now as it would come out if nothing more changed
   * (R23): the charges already made for it, and the open periods that end in it. The settlement
   * computes the same.
   */
  getUpcoming(options?: OptionsOf<"getUpcomingBill">): Promise<UpcomingBill>;

  /**
   * Tells for each product how many units the bill of the month that runs now would count if
   * nothing more changed (R20, R23), which tier they reach, how many are missing to the next one,
   * and what the product's charges come to here and there. Only an MSP has such discounts; for
   * others there is nothing to tell.
   */
  getDiscounts(
    query?: QueryOf<"getDiscounts">,
    options?: OptionsOf<"getDiscounts">,
  ): Promise<Discounts>;

  /**
   * Lists what each customer's charges on a bill come to, in the order of the names.
   *
   * Refused with `not_found`.
   */
  listCustomers(
    billId: BillId,
    query?: QueryOf<"listBillCustomers">,
    options?: OptionsOf<"listBillCustomers">,
  ): PagePromise<BillCustomer>;

  /**
   * Lists the charges on a bill in the order in which they stand on it: by the customer's name,
   * then subscription, then period. The amounts add up to the bill's net (R21).
   *
   * Refused with `not_found`.
   */
  listLines(
    billId: BillId,
    query?: QueryOf<"listBillLines">,
    options?: OptionsOf<"listBillLines">,
  ): PagePromise<Charge>;
}

export function createBills({ call, list }: Calls): Bills {
  return {
    list: (query, options) => list("listBills", { query }, options),
    get: (billId, options) => call("getBill", { path: { billId } }, options),
    getUpcoming: (options) => call("getUpcomingBill", {}, options),
    getDiscounts: (query, options) => call("getDiscounts", { query }, options),
    listCustomers: (billId, query, options) =>
      list("listBillCustomers", { path: { billId }, query }, options),
    listLines: (billId, query, options) =>
      list("listBillLines", { path: { billId }, query }, options),
  };
}
