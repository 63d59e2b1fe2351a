import { ProblemError } from "../app/problem.ts";
import { recordChange } from "../app/record-change.ts";
import type { PartnerWriteRoom } from "../app/room.ts";
import { refuseWhileSettling } from "../settlement/refuse-while-settling.ts";
import { modeOf } from "../events/mode-of.ts";
import { lockCustomer, updateCustomer as update, type Customer } from "../store/customers.ts";
import { appendEvents } from "../store/events.ts";
import { diffFields } from "../events/diff-fields.ts";
import { toWireCustomer } from "./to-wire.ts";

/** Changes a customer; what is as it was already changes nothing and announces nothing. */
export const updateCustomer: PartnerWriteRoom<"updateCustomer"> = async ({ path, body }, world) => {
  const { tx, partner, at } = world;
  const before = await lockCustomer(tx, world.services.store.dialect, partner.id, path.customerId);
  if (before === undefined)
    throw new ProblemError("not_found", `You have no customer ${path.customerId}.`);
  const due = body.name === undefined ? null : refuseWhileSettling(partner, at);
  if (due !== null) return due;
  const after: Customer = {
    ...before,
    externalId: body.externalId === undefined ? before.externalId : body.externalId,
    name: body.name ?? before.name,
    email: body.email === undefined ? before.email : body.email,
    metadata: body.metadata ?? before.metadata,
  };
  const wire = toWireCustomer(after);
  const previous = diffFields(toWireCustomer(before), wire);
  if (Object.keys(previous).length > 0) {
    await update(tx, partner.id, after);
    await appendEvents(tx, partner.id, [
      {
        type: "customer.updated",
        subscription: null,
        sequence: null,
        occurredAt: at,
        data: { ...wire, previous, ...modeOf(partner) },
      },
    ]);
    await recordChange(world, "updateCustomer", after.id, toWireCustomer(before), wire);
  }
  return { status: 200, body: wire };
};
