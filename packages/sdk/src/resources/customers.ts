import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { Customer, CustomerInput, CustomerPatch, CustomerRef } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** The subscribers of a partner. */
export interface Customers {
  /**
   * Makes a customer. It can also be made along with its first subscription.
   *
   * Refused with `external_id_taken`.
   */
  create(input: CustomerInput, options?: OptionsOf<"createCustomer">): Promise<Customer>;

  /** Lists the partner's customers, newest first. */
  list(
    query?: QueryOf<"listCustomers">,
    options?: OptionsOf<"listCustomers">,
  ): PagePromise<Customer>;

  /**
   * Reads one customer.
   *
   * Refused with `not_found`.
   */
  get(customerId: CustomerRef, options?: OptionsOf<"getCustomer">): Promise<Customer>;

  /**
   * Changes what is known of a customer. Bills already made keep the name that they have.
   *
   * Refused with `not_found`, `external_id_taken`.
   */
  update(
    customerId: CustomerRef,
    input: CustomerPatch,
    options?: OptionsOf<"updateCustomer">,
  ): Promise<Customer>;
}

export function createCustomers({ call, list }: Calls): Customers {
  return {
    create: (input, options) => call("createCustomer", { body: input }, options),
    list: (query, options) => list("listCustomers", { query }, options),
    get: (customerId, options) => call("getCustomer", { path: { customerId } }, options),
    update: (customerId, input, options) =>
      call("updateCustomer", { path: { customerId }, body: input }, options),
  };
}
