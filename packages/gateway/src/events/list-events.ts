import type { PartnerReadRoom } from "../app/room.ts";
import { listEvents as list } from "../store/events.ts";
import { findSubscription } from "../store/subscriptions.ts";
import { placeNewEvents } from "./place-events.ts";
import { toWireEvent } from "./to-wire.ts";

/** Lists the partner's events in their one total order, oldest first: the way to catch up. */
export const listEvents: PartnerReadRoom<"listEvents"> = async (
  { query },
  { db, partner, services },
) => {
  // Who has just ordered something finds its events here at once, though their places are given in a step of its own.
  await placeNewEvents(services.store, partner.id, services.now);
  const subscription =
    query.subscription === undefined
      ? undefined
      : ((await findSubscription(db, partner.id, query.subscription))?.id ?? query.subscription);
  const page = await list(db, partner.id, { type: query.type, subscription }, query);
  return { status: 200, body: { data: page.data.map(toWireEvent), nextCursor: page.nextCursor } };
};
