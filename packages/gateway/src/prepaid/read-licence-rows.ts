import { parseLocalDate, type LocalDate } from "@evergate/core";
import type { Fault } from "../contract/validate.ts";
import { readCsv, refuseFaults, type CsvRow } from "./read-csv.ts";

/** As the contract says; a file of a mebibyte has hardly more. */
const maximumRows = 5_000;

const columns = {
  all: ["customer", "product", "quantity", "startsOn", "endsOn", "externalId"],
  required: ["customer", "product", "quantity", "endsOn"],
} as const;

type Column = (typeof columns.all)[number];

/** A licence as a row has it: its form is that of PrepaidLicenceInput, which a test holds it to. */
export interface LicenceRow {
  readonly number: number;
  readonly customer: string;
  readonly product: string;
  readonly quantity: number;
  readonly startsOn: LocalDate | null;
  readonly endsOn: LocalDate;
  readonly externalId: string | null;
}

const maximumQuantity = 10_000_000;

/** What a cell has to look like, in words. */
const forms: Readonly<Record<Column, string>> = {
  customer: "has to be a customer's id, or your own as ext:<externalId>",
  product: "has to be a product's id, or its code as code:<code>",
  quantity: `has to be a whole number from 1 to ${maximumQuantity}`,
  startsOn: "has to be a day of the calendar; for example 2026-12-01",
  endsOn: "has to be a day of the calendar; for example 2027-11-30",
  externalId: "has to be 1 to 128 printable characters",
};

/** Reads the rows of an import. Throws `malformed_request` with every cell that does not fit, `content_too_large`. */
export function readLicenceRows(text: string): readonly LicenceRow[] {
  const faults: Fault[] = [];
  const rows = readCsv(text, columns, maximumRows).flatMap((row) => {
    const wrong = columns.all.filter((column) => !isWellFormed(row, column));
    for (const column of wrong)
      faults.push({
        pointer: `/rows/${row.number}/${column}`,
        detail: row.cells[column] === "" ? "is required" : forms[column],
      });
    const licence = wrong.length === 0 ? toLicenceRow(row) : null;
    return licence === null ? [] : [licence];
  });
  refuseFaults(faults);
  return rows;
}

function isWellFormed({ cells }: CsvRow<Column>, column: Column): boolean {
  const cell = cells[column];
  switch (column) {
    case "customer":
      return /^(cus_[0-7][0-9a-hjkmnp-tv-z]{25}|ext:\P{Cc}{1,128})$/u.test(cell);
    case "product":
      return /^(prod_[0-7][0-9a-hjkmnp-tv-z]{25}|code:[A-Z0-9][A-Z0-9._-]{0,63})$/.test(cell);
    case "quantity":
      return /^[1-9]\d{0,7}$/.test(cell) && Number(cell) <= maximumQuantity;
    case "startsOn":
      return cell === "" || readDay(cell) !== null;
    case "endsOn":
      return readDay(cell) !== null;
    case "externalId":
      return cell === "" || /^\P{Cc}{1,128}$/u.test(cell);
    default:
      return column satisfies never;
  }
}

function toLicenceRow({ number, cells }: CsvRow<Column>): LicenceRow | null {
  const endsOn = readDay(cells.endsOn);
  if (endsOn === null) return null;
  return {
    number,
    customer: cells.customer,
    product: cells.product,
    quantity: Number(cells.quantity),
    startsOn: readDay(cells.startsOn),
    endsOn,
    externalId: cells.externalId === "" ? null : cells.externalId,
  };
}

/** A day from 1900 to 2199, as everywhere in the API. */
function readDay(cell: string): LocalDate | null {
  return /^(19|20|21)/.test(cell) ? parseLocalDate(cell) : null;
}
