import type { PartnerReadRoom } from "../app/room.ts";
import { toWireCharge } from "../charges/to-wire.ts";
import { listCharges } from "../store/charges.ts";
import { getSubscriptionOf } from "./get-subscription-of.ts";

/** Lists a subscription's charges, newest first. */
export const listSubscriptionCharges: PartnerReadRoom<"listSubscriptionCharges"> = async (
  { path, query },
  world,
) => {
  const { id } = await getSubscriptionOf(world, path.subscriptionId);
  const page = await listCharges(world.db, world.partner.id, { subscription: id }, query);
  return { status: 200, body: { data: page.data.map(toWireCharge), nextCursor: page.nextCursor } };
};
