import type { PartnerReadRoom } from "../app/room.ts";
import { answerSubscription } from "./load-subject.ts";
import { getSubscriptionOf } from "./get-subscription-of.ts";

/** Reads one subscription. */
export const getSubscription: PartnerReadRoom<"getSubscription"> = async ({ path }, world) => {
  const subscription = await getSubscriptionOf(world, path.subscriptionId);
  return { status: 200, ...answerSubscription(world, subscription) };
};
