import type { PartnerReadRoom } from "../app/room.ts";
import { listPrepaidLicences as list } from "../store/prepaid-licences.ts";
import { resolveFilters } from "../subscriptions/resolve-filters.ts";
import { toWirePrepaidLicence } from "./to-wire.ts";

/** Lists the partner's prepaid licences, newest first. Filters that match nothing give an empty list. */
export const listPrepaidLicences: PartnerReadRoom<"listPrepaidLicences"> = async (
  { query },
  { db, partner },
) => {
  const filter = await resolveFilters(db, partner, query);
  const page = await list(db, partner.id, filter, query);
  return {
    status: 200,
    body: {
      data: page.data.map((licence) => toWirePrepaidLicence(licence, partner.terms)),
      nextCursor: page.nextCursor,
    },
  };
};
