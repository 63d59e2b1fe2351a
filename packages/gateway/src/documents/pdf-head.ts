import {
  contentWidth,
  hairline,
  layOutLines,
  right,
  sideBySide,
  stack,
  styles,
  type Block,
} from "./pdf-blocks.ts";
import { page, type PdfCanvas } from "./pdf-canvas.ts";
import type { TableDocument } from "./table-document.ts";

const columnGap = 24;

/** What stands above the table: the title, who the document is from and to, and its facts. */
export function layOutHead(canvas: PdfCanvas, document: TableDocument): Block {
  const whole = { x: page.margin, width: contentWidth };
  const title = stack(
    [
      layOutLines(canvas, document.title, styles.title, whole, 2),
      ...(document.subtitle === undefined
        ? []
        : [layOutLines(canvas, document.subtitle, styles.subtitle, whole, 2)]),
      ...(document.warning === undefined
        ? []
        : [stack([layOutLines(canvas, document.warning, styles.total, whole, 2)], 5)]),
    ],
    0,
    18,
  );
  const parties = document.parties.map((party, index) => layOutParty(canvas, party, index));
  return stack([
    title,
    ...(parties.length === 0 ? [] : [stack([sideBySide(parties)], 0, 18)]),
    layOutFacts(canvas, document.facts),
  ]);
}

function layOutParty(
  canvas: PdfCanvas,
  { heading, lines }: TableDocument["parties"][number],
  index: number,
): Block {
  const width = (contentWidth - columnGap) / 2;
  const place = { x: page.margin + index * (width + columnGap), width };
  const [name = "", ...rest] = lines;
  return stack([
    stack([layOutLines(canvas, heading, styles.label, place, 1)], 0, 2),
    layOutLines(canvas, name, styles.heading, place, 5),
    ...rest.map((line) => layOutLines(canvas, line, styles.body, place, 3)),
  ]);
}

/** The facts side by side, between two lines. */
function layOutFacts(canvas: PdfCanvas, facts: TableDocument["facts"]): Block {
  const perRow = 5;
  const rows: Block[] = [];
  for (let start = 0; start < facts.length; start += perRow) {
    const width = (contentWidth - 12 * (perRow - 1)) / perRow;
    rows.push(
      sideBySide(
        facts.slice(start, start + perRow).map(({ name, value, isStrong }, index) => {
          const place = { x: page.margin + index * (width + 12), width };
          return stack(
            [
              layOutLines(canvas, name, styles.label, place, 1),
              layOutLines(canvas, value, isStrong === true ? styles.strong : styles.body, place, 3),
            ],
            6,
            7,
          );
        }),
      ),
    );
  }
  const inner = stack(rows);
  return {
    height: inner.height + 16,
    draw(target, y) {
      target.drawRule(page.margin, y, contentWidth, hairline, 0.5);
      inner.draw(target, y);
      target.drawRule(page.margin, y + inner.height, contentWidth, hairline, 0.5);
    },
  };
}

/** At the foot of each page: "Page 3 of 12", and which document it belongs to. */
export function drawFoot(canvas: PdfCanvas, document: TableDocument): void {
  const y = page.height - page.margin + 8;
  const label = `Page ${canvas.pageNumber} of`;
  canvas.drawText(label, page.margin, y, styles.label);
  canvas.drawPageCount(page.margin + canvas.measure(label, styles.label), y, styles.label);
  const title =
    document.issuer === null ? document.title : `${document.title} · ${document.issuer}`;
  const place = {
    x: right - contentWidth * 0.75,
    width: contentWidth * 0.75,
    align: "end",
  } as const;
  layOutLines(canvas, title, styles.label, place, 1).draw(canvas, y - styles.label.size);
}
