import Paper from "pdfkit";
import type { TableDocument } from "./table-document.ts";
import { shapeText, type TextRun } from "./shape-text.ts";
import type { Weight } from "./typefaces.ts";

/** How a text looks. */
export interface TextStyle {
  readonly size: number;
  readonly weight: Weight;
  readonly color: string;
}

/** PDFKit keeps the words that it has laid out, all of them; we let it forget them after so many pages. */
const pagesOfWords = 20;

/** A4 in points (ISO 216), with margins of 15 mm. */
export const page = { width: 595.28, height: 841.89, margin: 42.52 } as const;

/** A font of a document in PDFKit. */
interface OpenFont {
  /** The words that it has laid out. */
  layoutCache: Record<string, unknown>;
  /** Writes it with the glyphs that were used, if that hasn't been done yet. */
  finalize(): void;
}

/** Paper on which text and lines are drawn, page after page. Finished pages are written and forgotten. */
export interface PdfCanvas {
  readonly pageNumber: number;
  /** How many fonts have been used until now. */
  readonly fontCount: number;
  addPage(): void;
  /** Draws a line of text with its baseline at `y`, from `x` to the right, or up to it where it is aligned to its end. */
  drawText(text: string, x: number, y: number, style: TextStyle, align?: "start" | "end"): void;
  measure(text: string, style: TextStyle): number;
  drawRule(x: number, y: number, width: number, color: string, thickness: number): void;
  /** Draws the number of pages, which only the end knows, after a blank. */
  drawPageCount(x: number, y: number, style: TextStyle): void;
  /** What has been written since it was last asked. */
  takeBytes(): Uint8Array | null;
  /** Finishes the file in steps, a font at a time; what is written is taken after each. */
  end(): Generator<"font" | "end", void, void>;
}

export function openCanvas(facts: Pick<TableDocument, "title" | "issuer" | "issuedAt">): PdfCanvas {
  const paper = new Paper({
    size: "A4",
    margin: 0,
    autoFirstPage: false,
    pdfVersion: "1.7",
    lang: "en",
    displayTitle: true,
    info: {
      Title: facts.title,
      ...(facts.issuer === null ? {} : { Author: facts.issuer }),
      Creator: "Evergate",
      CreationDate: new Date(facts.issuedAt),
    },
  });
  const fonts: Record<string, unknown> = {};
  // A form that each page shows, and that is written last, when the number is known.
  const pageCount = paper.ref({
    Type: "XObject",
    Subtype: "Form",
    BBox: [0, 0, page.width, page.height],
    Resources: { Font: fonts },
  });
  let pageNumber = 0;
  let countPlace: { readonly y: number; readonly style: TextStyle } | null = null;

  const registered = new Map<string, OpenFont>();
  const useFont = ({ file }: TextRun, size: number): void => {
    if (!registered.has(file.key)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- PDFKit takes an open font, which its types don't say
      paper.registerFont(file.key, file.openFor() as unknown as Buffer);
      paper.font(file.key, size);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a field of PDFKit that its types don't have
      registered.set(file.key, (paper as unknown as Record<"_font", OpenFont>)["_font"]);
    } else paper.font(file.key, size);
  };
  const measureRun = (run: TextRun, size: number): number => {
    useFont(run, size);
    return paper.widthOfString(run.text, optionsOf(run));
  };
  const measureRuns = (runs: readonly TextRun[], size: number): number =>
    runs.reduce((width, run) => width + measureRun(run, size), 0);
  const drawText: PdfCanvas["drawText"] = (text, x, y, style, align = "start") => {
    const runs = shapeText(text, style.weight);
    let at = align === "start" ? x : x - measureRuns(runs, style.size);
    paper.fillColor(style.color);
    for (const run of runs) {
      useFont(run, style.size);
      paper.text(run.text, at, y, {
        lineBreak: false,
        baseline: "alphabetic",
        ...optionsOf(run),
      });
      at += measureRun(run, style.size);
    }
  };

  return {
    get pageNumber() {
      return pageNumber;
    },
    get fontCount() {
      return registered.size;
    },
    addPage() {
      if (pageNumber % pagesOfWords === 0)
        for (const font of registered.values()) font.layoutCache = Object.create(null);
      paper.addPage();
      pageNumber += 1;
    },
    measure: (text, style) => measureRuns(shapeText(text, style.weight), style.size),
    drawText,
    drawRule(x, y, width, color, thickness) {
      paper
        .moveTo(x, y)
        .lineTo(x + width, y)
        .lineWidth(thickness)
        .strokeColor(color)
        .stroke();
    },
    drawPageCount(x, y, style) {
      countPlace = { y, style };
      paper.page.xobjects["PageCount"] = pageCount;
      paper.save().translate(x, 0).addContent("/PageCount Do").restore();
    },
    takeBytes() {
      const pieces: Uint8Array[] = [];
      for (let piece = takePiece(paper); piece !== null; piece = takePiece(paper))
        pieces.push(piece);
      return pieces.length === 0 ? null : Buffer.concat(pieces);
    },
    *end() {
      if (countPlace !== null) {
        // What is drawn goes to the form now, in place of a page.
        const form = {
          height: page.height,
          fonts,
          write: (chunk: string) => pageCount.write(chunk),
        };
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all of a page that drawing a text asks for
        paper.page = form as unknown as PDFKit.PDFPage;
        drawText(` ${pageNumber}`, 0, countPlace.y, countPlace.style);
      }
      pageCount.end(undefined);
      for (const font of registered.values()) {
        font.finalize();
        yield "font";
      }
      paper.end();
      yield "end";
    },
  };
}

/** Words are laid out once and kept; what runs from right to left is laid out as a whole. */
function optionsOf({ isWhole }: TextRun): PDFKit.Mixins.TextOptions {
  return isWhole ? { features: [] } : {};
}

/** One of the pieces in which PDFKit has written; to read all of them at once doesn't take them all. */
function takePiece(paper: PDFKit.PDFDocument): Uint8Array | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a readable stream without an encoding has bytes
  return paper.read() as Uint8Array | null;
}
