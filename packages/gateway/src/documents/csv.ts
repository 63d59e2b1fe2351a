/**
 * What stands in a column: free text that somebody typed, or a value of ours (an id, a day, a number).
 * Only text can be a formula in disguise; an amount below zero has to stay one.
 */
export interface CsvColumn<Row> {
  readonly name: string;
  readonly kind: "text" | "value";
  readonly read: (row: Row) => string | number | null;
}

/**
 * Writes CSV as RFC 4180 has it: commas, CRLF, a header line, and quotes where a field needs them. One piece for each batch.
 * Written here, not taken from a library: their guards against formulas don't know text from an amount below zero.
 */
export async function* writeCsv<Row>(
  columns: readonly CsvColumn<Row>[],
  batches: AsyncIterable<readonly Row[]>,
): AsyncGenerator<string, void, void> {
  let head = toLine(columns.map(({ name }) => name));
  for await (const batch of batches) {
    yield head + batch.map((row) => toLine(columns.map((column) => toField(column, row)))).join("");
    head = "";
  }
  if (head !== "") yield head;
}

function toLine(fields: readonly string[]): string {
  return `${fields.join(",")}\r\n`;
}

function toField<Row>({ kind, read }: CsvColumn<Row>, row: Row): string {
  const value = read(row);
  if (value === null) return "";
  const text = String(value);
  return quote(kind === "text" ? disarm(text) : text);
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Spreadsheets take what begins so, also in full width or after blanks that they trim, for a formula, and carry it out (OWASP, CSV injection). */
function disarm(text: string): string {
  return /^[\s\u00A0\uFEFF]*[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
}
