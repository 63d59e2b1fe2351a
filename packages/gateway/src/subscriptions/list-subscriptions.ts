import type { PartnerReadRoom } from "../app/room.ts";
import { listSubscriptions as list } from "../store/subscriptions.ts";
import { resolveFilters } from "./resolve-filters.ts";
import { toWireSubscription } from "./to-wire.ts";

/** Lists the partner's subscriptions, newest first. Filters that match nothing give an empty list. */
export const listSubscriptions: PartnerReadRoom<"listSubscriptions"> = async (
  { query },
  { db, partner },
) => {
  const filter = await resolveFilters(db, partner, query);
  const page = await list(db, partner.id, { ...filter, status: query.status }, query);
  return {
    status: 200,
    body: {
      data: page.data.map((subscription) => toWireSubscription(subscription, partner.terms)),
      nextCursor: page.nextCursor,
    },
  };
};
