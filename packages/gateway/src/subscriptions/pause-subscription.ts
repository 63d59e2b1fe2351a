import { pauseSubscription as pause, type PauseOrder } from "@evergate/core";
import type { PartnerWriteRoom } from "../app/room.ts";
import { readInstant } from "../app/read-time.ts";
import type { OperationRequest } from "../contract/operation.ts";
import { refuseSubscription } from "./describe-refusal.ts";
import { answerSubscription, loadSubject, saveSubject } from "./load-subject.ts";

/** Pauses a subscription for a stated term (R9). */
export const pauseSubscription: PartnerWriteRoom<"pauseSubscription"> = async (
  { path, body },
  world,
) => {
  const subject = await loadSubject(world, path.subscriptionId);
  const decision = pause(subject.subscription, toOrder(body), subject.context, world.at);
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  await saveSubject(world, subject, decision, "pauseSubscription");
  return { status: 200, ...answerSubscription(world, decision.subscription) };
};

function toOrder(body: OperationRequest<"pauseSubscription">["body"]): PauseOrder {
  const startsAt = body.startsAt === undefined ? null : readInstant(body.startsAt, "/startsAt");
  if (body.days !== undefined) return { startsAt, until: { days: body.days } };
  if (body.resumesAt === undefined) return { startsAt };
  return {
    startsAt,
    until: body.resumesAt === null ? null : readInstant(body.resumesAt, "/resumesAt"),
  };
}
