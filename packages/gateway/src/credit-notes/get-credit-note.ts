import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { findCreditNote } from "../store/credit-notes.ts";
import { toWireCreditNote } from "./to-wire.ts";

/** Reads one credit note. */
export const getCreditNote: PartnerReadRoom<"getCreditNote"> = async (
  { path },
  { db, partner },
) => {
  const note = await findCreditNote(db, partner.id, path.creditNoteId);
  if (note === undefined)
    return refuse("not_found", `You have no credit note ${path.creditNoteId}.`);
  return { status: 200, body: toWireCreditNote(note, partner.id) };
};
