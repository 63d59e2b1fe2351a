import { withdrawScheduledChange as withdraw } from "@evergate/core";
import type { PartnerWriteRoom } from "../app/room.ts";
import { refuseSubscription } from "./describe-refusal.ts";
import { answerSubscription, loadSubject, saveSubject } from "./load-subject.ts";

/** Takes back a change of quantity or of product that is to come (R29). */
export const withdrawScheduledChange: PartnerWriteRoom<"withdrawScheduledChange"> = async (
  { path, body },
  world,
) => {
  const subject = await loadSubject(world, path.subscriptionId);
  const decision = withdraw(subject.subscription, { of: body.of }, subject.context, world.at);
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  await saveSubject(world, subject, decision, "withdrawScheduledChange");
  return { status: 200, ...answerSubscription(world, decision.subscription) };
};
