import type { PartnerReadRoom } from "../app/room.ts";
import { listSubscriptions as list } from "../store/subscriptions.ts";
import { resolveFilters } from "./resolve-filters.ts";
import { showProvisioning } from "./show-provisioning.ts";
import { toWireSubscription } from "./to-wire.ts";

/** Lists the partner's subscriptions, newest first. Filters that match nothing give an empty list. */
export const listSubscriptions: PartnerReadRoom<"listSubscriptions"> = async ({ query }, world) => {
  const { db, partner } = world;
  const filter = await resolveFilters(db, partner, query);
  const page = await list(db, partner.id, { ...filter, status: query.status }, query);
  const data = await showProvisioning(
    world,
    page.data.map((subscription) => toWireSubscription(subscription, partner.terms)),
  );
  return { status: 200, body: { data, nextCursor: page.nextCursor } };
};
