import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { findCustomer } from "../store/customers.ts";
import { toWireCustomer } from "./to-wire.ts";

/** Reads one customer. */
export const getCustomer: PartnerReadRoom<"getCustomer"> = async ({ path }, { db, partner }) => {
  const customer = await findCustomer(db, partner.id, path.customerId);
  if (customer === undefined)
    return refuse("not_found", `You have no customer ${path.customerId}.`);
  return { status: 200, body: toWireCustomer(customer) };
};
