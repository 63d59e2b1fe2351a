import { page, type PdfCanvas, type TextStyle } from "./pdf-canvas.ts";
import type { NamedValue, TableColumn, TableItem } from "./table-document.ts";
import { wrapText } from "./wrap-text.ts";

export const ink = "#16202a";
export const grey = "#5d6b79";
export const hairline = "#d5dbe1";

type StyleName =
  | "title"
  | "subtitle"
  | "heading"
  | "label"
  | "body"
  | "strong"
  | "total"
  | "detail";

export const styles: Readonly<Record<StyleName, TextStyle>> = {
  title: { size: 20, weight: "bold", color: ink },
  subtitle: { size: 10.5, weight: "regular", color: grey },
  heading: { size: 9.5, weight: "bold", color: ink },
  label: { size: 7.5, weight: "regular", color: grey },
  body: { size: 8.5, weight: "regular", color: ink },
  strong: { size: 8.5, weight: "bold", color: ink },
  total: { size: 10.5, weight: "bold", color: ink },
  detail: { size: 7, weight: "regular", color: grey },
};

export const contentWidth: number = page.width - 2 * page.margin;
export const right: number = page.width - page.margin;

/** Something of a known height that is never torn apart. */
export interface Block {
  readonly height: number;
  /** Draws it with its upper edge at `y`. */
  draw(canvas: PdfCanvas, y: number): void;
}

/** Where a column stands. */
export interface PlacedColumn extends TableColumn {
  readonly x: number;
  readonly width: number;
}

const gutter = 10;
/** From one baseline to the next, as a part of the size. */
const leading = 1.32;
/** From the upper edge of a line to its baseline, as a part of the size. */
const rise = 1;

export function placeColumns(columns: readonly TableColumn[]): readonly PlacedColumn[] {
  const taken = columns.reduce((sum, { width }) => sum + (width ?? 0), 0);
  const rest = contentWidth - taken - gutter * (columns.length - 1);
  let x: number = page.margin;
  return columns.map((column) => {
    const placed = { ...column, x, width: column.width ?? rest };
    x += placed.width + gutter;
    return placed;
  });
}

/** Lines of one style below each other. */
export function layOutLines(
  canvas: PdfCanvas,
  text: string,
  style: TextStyle,
  place: { readonly x: number; readonly width: number; readonly align?: "start" | "end" },
  maximumLines: number,
): Block {
  const lines = wrapText(text, place.width, maximumLines, (part) => canvas.measure(part, style));
  const step = style.size * leading;
  const x = place.align === "end" ? place.x + place.width : place.x;
  return {
    height: lines.length * step,
    draw(target, y) {
      for (const [index, line] of lines.entries())
        target.drawText(line, x, y + index * step + style.size * rise, style, place.align);
    },
  };
}

/** Blocks below each other, with space before and after them. */
export function stack(blocks: readonly Block[], before = 0, after = 0): Block {
  return {
    height: before + after + blocks.reduce((sum, { height }) => sum + height, 0),
    draw(canvas, y) {
      let at = y + before;
      for (const block of blocks) {
        block.draw(canvas, at);
        at += block.height;
      }
    },
  };
}

/** Blocks beside each other. */
export function sideBySide(blocks: readonly Block[]): Block {
  return {
    height: Math.max(0, ...blocks.map(({ height }) => height)),
    draw(canvas, y) {
      for (const block of blocks) block.draw(canvas, y);
    },
  };
}

export function ruled(block: Block, color: string = hairline, thickness = 0.5): Block {
  return {
    height: block.height,
    draw(canvas, y) {
      block.draw(canvas, y);
      canvas.drawRule(page.margin, y + block.height, contentWidth, color, thickness);
    },
  };
}

export function layOutTableHead(canvas: PdfCanvas, columns: readonly PlacedColumn[]): Block {
  const cells = columns.map((column) =>
    layOutLines(canvas, column.heading, styles.label, column, 2),
  );
  return ruled(stack([sideBySide(cells)], 2, 3), ink, 0.8);
}

export function layOutSection(
  canvas: PdfCanvas,
  { title, detail }: Extract<TableItem, { kind: "section" }>,
  isContinued: boolean,
): Block {
  const place = { x: page.margin, width: contentWidth };
  const name = isContinued ? `${title} (continued)` : title;
  return ruled(
    stack(
      [
        layOutLines(canvas, name, styles.heading, place, isContinued ? 1 : 4),
        ...(detail === undefined || isContinued
          ? []
          : [layOutLines(canvas, detail, styles.detail, place, 2)]),
      ],
      isContinued ? 6 : 12,
      3,
    ),
  );
}

export function layOutRow(
  canvas: PdfCanvas,
  columns: readonly PlacedColumn[],
  { cells }: Extract<TableItem, { kind: "row" }>,
): Block {
  const blocks = columns.map((column, index) => {
    const cell = cells[index] ?? "";
    const { text, detail } = typeof cell === "string" ? { text: cell, detail: undefined } : cell;
    return stack([
      layOutLines(canvas, text, styles.body, column, 4),
      ...(detail === undefined ? [] : [layOutLines(canvas, detail, styles.detail, column, 2)]),
    ]);
  });
  return ruled(stack([sideBySide(blocks)], 3.5, 4));
}

export function layOutSubtotal(canvas: PdfCanvas, { name, value }: NamedValue): Block {
  return stack([layOutNamedValue(canvas, name, value, styles.strong, contentWidth)], 4, 6);
}

/** What the document comes to, at the right. */
export function layOutTotals(canvas: PdfCanvas, totals: readonly NamedValue[]): Block {
  const width = contentWidth * 0.45;
  return stack(
    totals.map(({ name, value, isStrong }) => {
      const line = layOutNamedValue(
        canvas,
        name,
        value,
        isStrong === true ? styles.total : styles.body,
        width,
      );
      const spaced = stack([line], isStrong === true ? 5 : 3, isStrong === true ? 6 : 3);
      return isStrong === true ? overlined(spaced, width) : spaced;
    }),
    14,
    6,
  );
}

function overlined(block: Block, width: number): Block {
  return {
    height: block.height,
    draw(canvas, y) {
      canvas.drawRule(right - width, y, width, ink, 0.8);
      block.draw(canvas, y);
    },
  };
}

function layOutNamedValue(
  canvas: PdfCanvas,
  name: string,
  value: string,
  style: TextStyle,
  width: number,
): Block {
  const valueWidth = Math.min(canvas.measure(value, style), width * 0.6);
  const nameWidth = width - valueWidth - gutter;
  return sideBySide([
    layOutLines(canvas, name, style, { x: right - width, width: nameWidth }, 2),
    layOutLines(
      canvas,
      value,
      style,
      { x: right - valueWidth - 1, width: valueWidth + 1, align: "end" },
      1,
    ),
  ]);
}
