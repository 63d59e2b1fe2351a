import { reactivateSubscription as reactivate } from "@evergate/core";
import type { PartnerReadRoom, PartnerWriteRoom } from "../app/room.ts";
import type { OperationRequest } from "../contract/operation.ts";
import { loadPrepaid } from "../prepaid/load-prepaid.ts";
import type { Reader } from "../store/store.ts";
import { carryOut, preview, type Order } from "./carry-out.ts";
import { resolveProduct } from "./load-subject.ts";

/** Takes a stopped subscription up again: same activation code, no new trial (R12). */
export const reactivateSubscription: PartnerWriteRoom<"reactivateSubscription"> = async (
  request,
  world,
) => carryOut(await readOrder(request, world.tx), world, "reactivateSubscription");

export const previewReactivation: PartnerReadRoom<"reactivateSubscription"> = async (
  request,
  world,
) => preview(await readOrder(request, world.db), world);

async function readOrder(
  { path, body }: OperationRequest<"reactivateSubscription">,
  db: Reader,
): Promise<Order> {
  const product = body.product === undefined ? undefined : await resolveProduct(db, body.product);
  const { quantity, startsAt } = body;
  return {
    subscription: path.subscriptionId,
    named: product === undefined ? [] : [product],
    locksCustomer: startsAt !== undefined,
    decide: async ({ subscription, context }, world) => {
      const { customer, product: former } = subscription;
      const prepaid = await loadPrepaid(world, customer, product ?? former);
      const order = { quantity, product, startsAt };
      return reactivate(subscription, order, { ...context, prepaid }, world.at);
    },
  };
}
