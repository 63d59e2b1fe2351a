import type { ReadRoom } from "../app/room.ts";
import { listPartners as list } from "../store/partners.ts";
import { toWirePartner } from "./to-wire.ts";

/** Lists partners, newest first. */
export const listPartners: ReadRoom<"listPartners"> = async ({ query }, { db, at }) => {
  const page = await list(db, query);
  return {
    status: 200,
    body: {
      data: page.data.map((partner) => toWirePartner(partner, at)),
      nextCursor: page.nextCursor,
    },
  };
};
