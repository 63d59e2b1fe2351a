import { formatInstant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { Customer } from "../store/customers.ts";

export type WireCustomer = components["schemas"]["CustomerFields"];

/** A customer as the API answers it. */
export function toWireCustomer(customer: Customer): WireCustomer {
  return {
    id: customer.id,
    externalId: customer.externalId,
    name: customer.name,
    email: customer.email,
    metadata: customer.metadata,
    createdAt: formatInstant(customer.createdAt),
  };
}
