import { changeSubscription } from "@evergate/core";
import type { PartnerReadRoom, PartnerWriteRoom } from "../app/room.ts";
import type { OperationRequest } from "../contract/operation.ts";
import { loadPrepaid } from "../prepaid/load-prepaid.ts";
import type { Reader } from "../store/store.ts";
import { carryOut, preview, type Order } from "./carry-out.ts";
import { resolveProduct } from "./load-subject.ts";

/** Changes quantity, product, term and metadata, all of it or nothing (R7, R8, R13, R29). */
export const updateSubscription: PartnerWriteRoom<"updateSubscription"> = async (request, world) =>
  carryOut(await readOrder(request, world.tx), world, "updateSubscription");

export const previewUpdate: PartnerReadRoom<"updateSubscription"> = async (request, world) =>
  preview(await readOrder(request, world.db), world);

async function readOrder(
  { path, body }: OperationRequest<"updateSubscription">,
  db: Reader,
): Promise<Order> {
  const product = body.product === undefined ? undefined : await resolveProduct(db, body.product);
  const { quantity, term, metadata, effective = "now" } = body;
  return {
    subscription: path.subscriptionId,
    named: product === undefined ? [] : [product],
    locksCustomer: product !== undefined && effective === "next_period",
    decide: async ({ subscription, context }, world) => {
      const known =
        product === undefined
          ? context
          : { ...context, prepaid: await loadPrepaid(world, subscription.customer, product) };
      const order = { quantity, product, effective, term, metadata };
      return changeSubscription(subscription, order, known, world.at);
    },
  };
}
