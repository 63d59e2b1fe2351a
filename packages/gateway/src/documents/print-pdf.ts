import { setImmediate as endOfPhase } from "node:timers/promises";
import {
  contentWidth,
  layOutLines,
  layOutRow,
  layOutSection,
  layOutSubtotal,
  layOutTableHead,
  layOutTotals,
  placeColumns,
  stack,
  styles,
  type Block,
} from "./pdf-blocks.ts";
import { openCanvas, page, type PdfCanvas } from "./pdf-canvas.ts";
import { drawFoot, layOutHead } from "./pdf-head.ts";
import type { TableDocument, TableItem } from "./table-document.ts";
import { openBaseFonts } from "./typefaces.ts";

type Section = Extract<TableItem, { kind: "section" }>;

/** Below this nothing is set: the foot stands there. */
const bottom = page.height - page.margin - 14;

/** The bytes of a document as PDF. */
export async function* printPdf(document: TableDocument): AsyncGenerator<Uint8Array, void, void> {
  for (const opened of openBaseFonts()) if (opened) await endOfPhase();
  const canvas = openCanvas(document);
  const flow = openFlow(canvas, document);
  const columns = placeColumns(document.columns);
  /** What has to stand on one page with what follows it. */
  let waiting: Block[] = [];
  let section: Section | null = null;
  let before: TableItem | null = null;
  let pagesGiven = canvas.pageNumber;
  let fontsSeen = canvas.fontCount;
  const setWaiting = (): void => {
    flow.place(waiting, section);
    waiting = [];
  };
  for await (const batch of document.items) {
    for (const item of batch) {
      // A row waits for what comes next: with a subtotal it goes to one page; the first stays with its heading.
      if (before?.kind === "row" && item.kind !== "subtotal") setWaiting();
      switch (item.kind) {
        case "section":
          if (waiting.length > 0) setWaiting();
          section = item;
          waiting.push(layOutSection(canvas, item, false));
          break;
        case "row":
          waiting.push(layOutRow(canvas, columns, item));
          break;
        case "subtotal":
          waiting.push(layOutSubtotal(canvas, item));
          setWaiting();
          break;
        default:
          item satisfies never;
      }
      before = item;
      // A page or a new font at a time: to set a whole batch would keep everybody else waiting for a tenth of a second.
      if (canvas.pageNumber === pagesGiven && canvas.fontCount === fontsSeen) continue;
      pagesGiven = canvas.pageNumber;
      fontsSeen = canvas.fontCount;
      const bytes = canvas.takeBytes();
      if (bytes !== null) yield bytes;
      await endOfPhase();
    }
  }
  if (waiting.length > 0) setWaiting();
  flow.place([layOutTotals(canvas, document.totals())], null);
  for (const note of document.notes) flow.place([layOutNote(canvas, note)], null);
  for (const step of canvas.end()) {
    const bytes = canvas.takeBytes();
    if (bytes !== null) yield bytes;
    if (step === "font") await endOfPhase();
  }
}

interface Flow {
  /** Sets blocks below each other on one page; on the next, below the table's head, where this one has no room for all of them. */
  place(blocks: readonly Block[], section: Section | null): void;
}

function openFlow(canvas: PdfCanvas, document: TableDocument): Flow {
  const tableHead = layOutTableHead(canvas, placeColumns(document.columns));
  let y: number = page.margin;
  const set = (block: Block): void => {
    block.draw(canvas, y);
    y += block.height;
  };
  const turnPage = (): void => {
    canvas.addPage();
    drawFoot(canvas, document);
    y = page.margin;
  };
  turnPage();
  set(layOutHead(canvas, document));
  set(tableHead);
  let current: Section | null = null;
  return {
    place(blocks, section) {
      const height = blocks.reduce((sum, block) => sum + block.height, 0);
      if (y + height > bottom) {
        turnPage();
        if (section !== null) {
          set(tableHead);
          if (section === current) set(layOutSection(canvas, section, true));
        }
      }
      current = section;
      for (const block of blocks) set(block);
    },
  };
}

function layOutNote(canvas: PdfCanvas, note: string): Block {
  return stack(
    [layOutLines(canvas, note, styles.body, { x: page.margin, width: contentWidth }, 12)],
    6,
    0,
  );
}
