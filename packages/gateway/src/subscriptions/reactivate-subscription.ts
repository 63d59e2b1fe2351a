import { reactivateSubscription as reactivate } from "@evergate/core";
import type { PartnerWriteRoom } from "../app/room.ts";
import { refuseSubscription } from "./describe-refusal.ts";
import { loadPrepaid } from "../prepaid/load-prepaid.ts";
import {
  answerSubscription,
  loadSubject,
  lockCustomerOf,
  resolveProduct,
  saveSubject,
} from "./load-subject.ts";

/** Takes a stopped subscription up again: same activation code, no new trial (R12). */
export const reactivateSubscription: PartnerWriteRoom<"reactivateSubscription"> = async (
  { path, body },
  world,
) => {
  const product =
    body.product === undefined ? undefined : await resolveProduct(world.tx, body.product);
  if (body.startsAt !== undefined) await lockCustomerOf(world, path.subscriptionId);
  const subject = await loadSubject(
    world,
    path.subscriptionId,
    product === undefined ? [] : [product],
  );
  const { customer, product: former } = subject.subscription;
  const prepaid = await loadPrepaid(world, customer, product ?? former);
  const decision = reactivate(
    subject.subscription,
    { quantity: body.quantity, product, startsAt: body.startsAt },
    { ...subject.context, prepaid },
    world.at,
  );
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  await saveSubject(world, subject, decision, "reactivateSubscription");
  return { status: 200, ...answerSubscription(world, decision.subscription) };
};
