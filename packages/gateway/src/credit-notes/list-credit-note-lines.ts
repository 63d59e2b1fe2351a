import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { listCreditNoteLines as list } from "../store/credit-note-lines.ts";
import { findCreditNote } from "../store/credit-notes.ts";
import { writeCreditNoteCsv } from "./credit-note-csv.ts";
import { toWireCreditNoteLine } from "./to-wire.ts";

/** Lists what a credit note takes back of each charge, in the bill's order. */
export const listCreditNoteLines: PartnerReadRoom<"listCreditNoteLines"> = async (
  { path, query, accept },
  { db, partner },
) => {
  const note = await findCreditNote(db, partner.id, path.creditNoteId);
  if (note === undefined)
    return refuse("not_found", `You have no credit note ${path.creditNoteId}.`);
  if (accept === "text/csv")
    return { status: 200, document: writeCreditNoteCsv(db, partner.id, note) };
  const page = await list(db, partner.id, note, query);
  return {
    status: 200,
    body: { data: page.data.map(toWireCreditNoteLine), nextCursor: page.nextCursor },
  };
};
