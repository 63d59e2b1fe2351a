import { resumeSubscription as resume } from "@evergate/core";
import type { PartnerWriteRoom } from "../app/room.ts";
import { refuseSubscription } from "./describe-refusal.ts";
import { answerSubscription, loadSubject, saveSubject } from "./load-subject.ts";

/** Ends a pause now, or withdraws one that is still to come (R9). */
export const resumeSubscription: PartnerWriteRoom<"resumeSubscription"> = async (
  { path },
  world,
) => {
  const subject = await loadSubject(world, path.subscriptionId);
  const decision = resume(subject.subscription, subject.context, world.at);
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  await saveSubject(world, subject, decision, "resumeSubscription");
  return { status: 200, ...answerSubscription(world, decision.subscription) };
};
