import { toCustomerId } from "@evergate/core";
import { recordChange } from "../app/record-change.ts";
import type { PartnerWriteRoom } from "../app/room.ts";
import type { PartnerWriteWorld } from "../app/world.ts";
import type { components } from "../generated/api.ts";
import { makeId } from "../ids.ts";
import { insertCustomer, type Customer } from "../store/customers.ts";
import { modeOf } from "../events/mode-of.ts";
import { appendEvents } from "../store/events.ts";
import { toWireCustomer } from "./to-wire.ts";

/** Makes a customer. */
export const createCustomer: PartnerWriteRoom<"createCustomer"> = async ({ body }, world) => {
  const customer = await createCustomerOf(body, world, "createCustomer");
  return {
    status: 201,
    body: toWireCustomer(customer),
    headers: { location: `/v1/customers/${customer.id}` },
  };
};

/** The same for a customer that is given inline with its first subscription. */
export async function createCustomerOf(
  input: components["schemas"]["CustomerInput"],
  world: PartnerWriteWorld,
  action: string,
): Promise<Customer> {
  const { tx, partner, at } = world;
  const customer: Customer = {
    id: toCustomerId(makeId("cus")),
    externalId: input.externalId ?? null,
    name: input.name,
    email: input.email ?? null,
    metadata: input.metadata ?? {},
    createdAt: at,
  };
  const wire = toWireCustomer(customer);
  await insertCustomer(tx, partner.id, customer);
  await appendEvents(tx, partner.id, [
    {
      type: "customer.created",
      subscription: null,
      sequence: null,
      occurredAt: at,
      data: { ...wire, previous: null, ...modeOf(partner) },
    },
  ]);
  await recordChange(world, action, customer.id, null, wire);
  return customer;
}
