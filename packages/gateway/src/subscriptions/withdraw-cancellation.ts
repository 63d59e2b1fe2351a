import { withdrawCancellation as withdraw } from "@evergate/core";
import type { PartnerWriteRoom } from "../app/room.ts";
import { refuseSubscription } from "./describe-refusal.ts";
import { answerSubscription, loadSubject, saveSubject } from "./load-subject.ts";

/** Takes back a stop that has not taken effect (R11). */
export const withdrawCancellation: PartnerWriteRoom<"withdrawCancellation"> = async (
  { path },
  world,
) => {
  const subject = await loadSubject(world, path.subscriptionId);
  const decision = withdraw(subject.subscription, subject.context, world.at);
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  await saveSubject(world, subject, decision, "withdrawCancellation");
  return { status: 200, ...answerSubscription(world, decision.subscription) };
};
