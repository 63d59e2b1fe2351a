import { cancelSubscription as cancel } from "@evergate/core";
import type { PartnerWriteRoom } from "../app/room.ts";
import { readLocalDate } from "../app/read-time.ts";
import { refuseSubscription } from "./describe-refusal.ts";
import { answerSubscription, loadSubject, saveSubject } from "./load-subject.ts";

/** Stops a subscription at the end of a period, or at once (R11). */
export const cancelSubscription: PartnerWriteRoom<"cancelSubscription"> = async (
  { path, body },
  world,
) => {
  const date = body.date === undefined ? null : readLocalDate(body.date, "/date");
  const subject = await loadSubject(world, path.subscriptionId);
  const decision = cancel(
    subject.subscription,
    { effective: body.effective, date },
    subject.context,
    world.at,
  );
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  await saveSubject(world, subject, decision, "cancelSubscription");
  return { status: 200, ...answerSubscription(world, decision.subscription) };
};
