import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { findCreditNote } from "../store/credit-notes.ts";
import { writeCreditNoteCsv } from "./credit-note-csv.ts";
import { writeCreditNotePdf } from "./credit-note-pdf.ts";
import { toWireCreditNote } from "./to-wire.ts";

/** Reads one credit note, as data or to print. */
export const getCreditNote: PartnerReadRoom<"getCreditNote"> = async (
  { path, accept },
  { db, partner },
) => {
  const note = await findCreditNote(db, partner.id, path.creditNoteId);
  if (note === undefined)
    return refuse("not_found", `You have no credit note ${path.creditNoteId}.`);
  switch (accept) {
    case "application/json":
      return { status: 200, body: toWireCreditNote(note, partner.id) };
    case "text/csv":
      return { status: 200, document: writeCreditNoteCsv(db, partner.id, note) };
    case "application/pdf":
      return { status: 200, document: writeCreditNotePdf(db, partner, note) };
    default:
      return accept satisfies never;
  }
};
