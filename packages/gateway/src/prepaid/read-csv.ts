import { CsvError, parse, type Info } from "csv-parse/sync";
import { ProblemError } from "../app/problem.ts";
import type { Fault } from "../contract/validate.ts";

/** More faults than these help nobody; as many as the contract answers. */
const maximumFaults = 100;

/** Longer rows than this have no meaning: a million empty cells take half a second to read. */
const maximumRowLength = 16_384;

/** A file's columns; those that `isRequired` names have to be there. */
export interface CsvColumns<Column extends string> {
  readonly all: readonly Column[];
  readonly required: readonly Column[];
}

/** A row, numbered as a spreadsheet shows it: the header is row 1. A column that the file doesn't have is an empty cell. */
export interface CsvRow<Column extends string> {
  readonly number: number;
  readonly cells: Readonly<Record<Column, string>>;
}

/**
 * Reads a CSV file (RFC 4180) whose first row names its columns, in any order. Blank rows are passed over, and counted.
 * Throws `malformed_request` where it is none or its columns are others, `content_too_large` where it has more rows.
 */
export function readCsv<Column extends string>(
  text: string,
  columns: CsvColumns<Column>,
  maximumRows: number,
): readonly CsvRow<Column>[] {
  const [{ cells: header } = { cells: [] }, ...rows] = parseRows(text, maximumRows);
  const positions = readHeader(header, columns);
  if (rows.length === 0) throw createFileError("has no rows but its header");
  refuseFaults(
    rows
      .filter(({ cells }) => cells.length !== header.length)
      .map(({ number, cells }) => ({
        pointer: `/rows/${number}`,
        detail: `has ${cells.length} cells, the header ${header.length}`,
      })),
  );
  return rows.map(({ number, cells }) => ({
    number,
    cells: toCells(columns, (column) => cells[positions.get(column) ?? -1] ?? ""),
  }));
}

/** Throws `malformed_request` where anything is wrong with the form of a file. */
export function refuseFaults(faults: readonly Fault[]): void {
  const [first] = faults;
  if (first === undefined) return;
  const more = faults.length === 1 ? "" : ` (and ${faults.length - 1} more, see errors)`;
  throw new ProblemError(
    "malformed_request",
    `${first.pointer}: ${first.detail}${more}.`,
    limitFaults(faults),
  );
}

/** As many of the faults as can be answered. */
export function limitFaults(faults: readonly Fault[]): readonly Fault[] {
  return faults.slice(0, maximumFaults);
}

/** A row as it stands in the file. */
interface RawRow {
  readonly number: number;
  readonly cells: readonly string[];
}

function parseRows(text: string, maximumRows: number): readonly RawRow[] {
  const rows: RawRow[] = [];
  const take = (cells: readonly string[], { records, empty_lines: blanks }: Info): null => {
    // What is beyond is not even read.
    if (cells.every((cell) => cell === "")) return null;
    // What is beyond is not even read.
    if (rows.length > maximumRows)
      throw new ProblemError(
        "content_too_large",
        `A file may have up to ${maximumRows} rows besides its header.`,
      );
    rows.push({ number: records + blanks, cells });
    return null;
  };
  try {
    parse(text, {
      recordDelimiter: ["\r\n", "\n", "\r"],
      relaxColumnCount: true,
      skipEmptyLines: true,
      maxRecordSize: maximumRowLength,
      onRecord: take,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw createFileError(`is no CSV: ${error.message.slice(0, 300)}`, error);
  }
  return rows;
}

function readHeader<Column extends string>(
  header: readonly string[],
  { all, required }: CsvColumns<Column>,
): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  const faults: Fault[] = [];
  const names: readonly string[] = all;
  for (const [position, name] of header.entries()) {
    const pointer = `/rows/1/${escape(name.slice(0, 100))}`;
    if (!names.includes(name))
      faults.push({ pointer, detail: `is no column; the columns are ${all.join(", ")}` });
    else if (positions.has(name)) faults.push({ pointer, detail: "is there twice" });
    positions.set(name, position);
  }
  for (const name of required)
    if (!positions.has(name)) faults.push({ pointer: `/rows/1/${name}`, detail: "is required" });
  refuseFaults(faults);
  return positions;
}

function toCells<Column extends string>(
  { all }: CsvColumns<Column>,
  read: (column: Column) => string,
): Readonly<Record<Column, string>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a cell for each of the columns
  return Object.fromEntries(all.map((column) => [column, read(column)])) as Record<Column, string>;
}

function createFileError(detail: string, cause?: unknown): ProblemError {
  return new ProblemError(
    "malformed_request",
    `The file ${detail}.`,
    [{ pointer: "", detail }],
    cause === undefined ? {} : { cause },
  );
}

function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
