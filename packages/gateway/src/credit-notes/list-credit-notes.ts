import type { PartnerReadRoom } from "../app/room.ts";
import { listCreditNotes as list } from "../store/credit-notes.ts";
import { toWireCreditNote } from "./to-wire.ts";

/** Lists the partner's credit notes, newest first. A filter that matches nothing gives an empty list. */
export const listCreditNotes: PartnerReadRoom<"listCreditNotes"> = async (
  { query },
  { db, partner },
) => {
  const page = await list(db, partner.id, { bill: query.bill }, query);
  return {
    status: 200,
    body: {
      data: page.data.map((note) => toWireCreditNote(note, partner.id)),
      nextCursor: page.nextCursor,
    },
  };
};
