import { cancelSubscription as cancel } from "@evergate/core";
import type { PartnerReadRoom, PartnerWriteRoom } from "../app/room.ts";
import { readLocalDate } from "../app/read-time.ts";
import type { OperationRequest } from "../contract/operation.ts";
import { carryOut, preview, type Order } from "./carry-out.ts";

/** Stops a subscription at the end of a period, or at once (R11). */
export const cancelSubscription: PartnerWriteRoom<"cancelSubscription"> = async (request, world) =>
  carryOut(readOrder(request), world, "cancelSubscription");

export const previewCancellation: PartnerReadRoom<"cancelSubscription"> = async (request, world) =>
  preview(readOrder(request), world);

function readOrder({ path, body }: OperationRequest<"cancelSubscription">): Order {
  const order = {
    effective: body.effective,
    date: body.date === undefined ? null : readLocalDate(body.date, "/date"),
  };
  return {
    subscription: path.subscriptionId,
    decide: ({ subscription, context }, { at }) => cancel(subscription, order, context, at),
  };
}
