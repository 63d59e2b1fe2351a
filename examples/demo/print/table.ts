import { paint } from "./screen.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** A table as text: columns as wide as their widest cell, two blanks between them, numbers at the right. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  indent = 2,
): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const renderRow = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? "";
        const width = widths[index] ?? 0;
        return align === "right" ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  const margin = " ".repeat(indent);
  const header = renderRow(columns.map(({ title }) => title));
  return [
    paint("dim", `${margin}${header}`),
    ...rows.map((row) => `${margin}${renderRow(row)}`),
  ].join("\n");
}
