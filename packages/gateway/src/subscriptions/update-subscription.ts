import { changeSubscription } from "@evergate/core";
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

/** Changes quantity, product, term and metadata, all of it or nothing (R7, R8, R13, R29). */
export const updateSubscription: PartnerWriteRoom<"updateSubscription"> = async (
  { path, body },
  world,
) => {
  const product =
    body.product === undefined ? undefined : await resolveProduct(world.tx, body.product);
  const effective = body.effective ?? "now";
  if (product !== undefined && effective === "next_period")
    await lockCustomerOf(world, path.subscriptionId);
  const subject = await loadSubject(
    world,
    path.subscriptionId,
    product === undefined ? [] : [product],
  );
  const context =
    product === undefined
      ? subject.context
      : {
          ...subject.context,
          prepaid: await loadPrepaid(world, subject.subscription.customer, product),
        };
  const order = {
    quantity: body.quantity,
    product,
    effective,
    term: body.term,
    metadata: body.metadata,
  };
  const decision = changeSubscription(subject.subscription, order, context, world.at);
  if (!decision.accepted) return refuseSubscription(decision.refusal);
  await saveSubject(world, subject, decision, "updateSubscription");
  return { status: 200, ...answerSubscription(world, decision.subscription) };
};
