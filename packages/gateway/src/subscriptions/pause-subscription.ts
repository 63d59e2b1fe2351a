import { pauseSubscription as pause, type PauseOrder } from "@evergate/core";
import type { PartnerReadRoom, PartnerWriteRoom } from "../app/room.ts";
import { readInstant } from "../app/read-time.ts";
import type { OperationRequest } from "../contract/operation.ts";
import { carryOut, preview, type Order } from "./carry-out.ts";

/** Pauses a subscription for a stated term (R9). */
export const pauseSubscription: PartnerWriteRoom<"pauseSubscription"> = async (request, world) =>
  carryOut(readOrder(request), world, "pauseSubscription");

export const previewPause: PartnerReadRoom<"pauseSubscription"> = async (request, world) =>
  preview(readOrder(request), world);

function readOrder({ path, body }: OperationRequest<"pauseSubscription">): Order {
  const order = toPauseOrder(body);
  return {
    subscription: path.subscriptionId,
    decide: ({ subscription, context }, { at }) => pause(subscription, order, context, at),
  };
}

function toPauseOrder(body: OperationRequest<"pauseSubscription">["body"]): PauseOrder {
  const startsAt = body.startsAt === undefined ? null : readInstant(body.startsAt, "/startsAt");
  if (body.days !== undefined) return { startsAt, until: { days: body.days } };
  if (body.resumesAt === undefined) return { startsAt };
  return {
    startsAt,
    until: body.resumesAt === null ? null : readInstant(body.resumesAt, "/resumesAt"),
  };
}
