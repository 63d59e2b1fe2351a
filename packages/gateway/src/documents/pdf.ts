import type { Document } from "../contract/operation.ts";
import { createPress, type Press } from "./press.ts";
import type { TableDocument } from "./table-document.ts";

/**
 * Writes a document as PDF: A4, its fonts within it. The table is set as it is read; a page is written and forgotten
 * once it is full, so that memory holds no more than a page, however many there are. Few are made at once, and of one
 * owner (the partner) one: the others wait, and a caller that doesn't read is cut off.
 */
export function writePdf(
  document: TableDocument,
  filename: string,
  owner: string,
  press: Press = processPress,
): Document<"application/pdf"> {
  const chunks = printInTurn(document, owner, press);
  return { mediaType: "application/pdf", filename, chunks, patienceMs: 30_000 };
}

/** Two, so that a long one doesn't keep all others waiting; more would only share the one thread that makes them. */
const processPress = createPress({ atOnce: 2, waiting: 20, waitingOfOne: 10 });

async function* printInTurn(
  document: TableDocument,
  owner: string,
  press: Press,
): AsyncGenerator<Uint8Array, void, void> {
  const leave = await press.enter(owner);
  try {
    // Fonts and what sets them take a tenth of a gateway's start: whoever makes no PDF never loads them.
    const { printPdf } = await import("./print-pdf.ts");
    yield* printPdf(document);
  } finally {
    leave();
  }
}
