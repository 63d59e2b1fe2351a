import {
  dayOf,
  registerPrepaidLicence,
  toPrepaidLicenceId,
  type PrepaidLicence,
} from "@evergate/core";
import { ProblemError } from "../app/problem.ts";
import type { PartnerWriteRoom } from "../app/room.ts";
import type { PartnerWriteWorld } from "../app/world.ts";
import type { Fault } from "../contract/validate.ts";
import { makeId } from "../ids.ts";
import { findProductIds } from "../store/catalogue.ts";
import { findCustomerIds, lockCustomers } from "../store/customers.ts";
import {
  countOpenLicences,
  findTakenExternalIds,
  maximumOpenLicences,
} from "../store/prepaid-licences.ts";
import { describePrepaidRefusal, tooManyLicences } from "./describe-refusal.ts";
import { limitFaults } from "./read-csv.ts";
import { readLicenceRows, type LicenceRow } from "./read-licence-rows.ts";
import { registerLicences } from "./register-licences.ts";

/** So many values stand in one statement's list. */
const listSize = 500;

/** Registers all licences of a CSV file, or none (R14). */
export const importPrepaidLicences: PartnerWriteRoom<"importPrepaidLicences"> = async (
  { body },
  world,
) => {
  const rows = readLicenceRows(body);
  const { licences, faults } = await readLicences(rows, world);
  const all = [
    ...faults,
    ...(await findTaken(rows, world)),
    ...(await findBeyondLimit(licences, world)),
  ];
  if (all.length > 0) return { refused: createRowsError(all, rows.length) };
  await registerLicences(
    world,
    licences.map(({ licence }) => licence),
    "importPrepaidLicences",
  );
  return { status: 201, body: { imported: licences.length } };
};

/** A licence with the number of its row. */
interface NumberedLicence {
  readonly number: number;
  readonly licence: PrepaidLicence;
}

/** Makes licences of the rows, whose customers it locks, and says what is wrong with the others. */
async function readLicences(
  rows: readonly LicenceRow[],
  { tx, partner, services, at }: PartnerWriteWorld,
): Promise<{ readonly licences: readonly NumberedLicence[]; readonly faults: readonly Fault[] }> {
  const { timeZone } = partner.terms;
  const customers = await findCustomerIds(tx, partner.id, [
    ...new Set(rows.map(({ customer }) => customer)),
  ]);
  await lockCustomers(tx, services.store.dialect, partner.id, [...new Set(customers.values())]);
  const products = new Map(
    await inParts([...new Set(rows.map(({ product }) => product))], (part) =>
      findProductIds(tx, part),
    ),
  );
  const licences: NumberedLicence[] = [];
  const faults: Fault[] = [];
  for (const row of rows) {
    const customer = customers.get(row.customer);
    const product = products.get(row.product);
    const name = (column: string): string => `/rows/${row.number}/${column}`;
    if (customer === undefined)
      faults.push({ pointer: name("customer"), detail: `You have no customer ${row.customer}.` });
    if (product === undefined)
      faults.push({ pointer: name("product"), detail: `There is no product ${row.product}.` });
    if (customer === undefined || product === undefined) continue;
    const licence = registerPrepaidLicence(
      {
        id: toPrepaidLicenceId(makeId("prepaid")),
        externalId: row.externalId,
        customer,
        product,
        quantity: row.quantity,
        startsOn: row.startsOn ?? dayOf(at, timeZone),
        endsOn: row.endsOn,
      },
      timeZone,
      at,
    );
    if ("code" in licence)
      faults.push({ pointer: name("endsOn"), detail: describePrepaidRefusal(licence) });
    else licences.push({ number: row.number, licence });
  }
  return { licences, faults };
}

/** Rows with an external id that another licence has, or an earlier row. */
async function findTaken(
  rows: readonly LicenceRow[],
  { tx, partner }: PartnerWriteWorld,
): Promise<readonly Fault[]> {
  const named = rows.flatMap(({ number, externalId }) =>
    externalId === null ? [] : [{ number, externalId }],
  );
  const taken = new Set(
    await inParts(
      named.map(({ externalId }) => externalId),
      (part) => findTakenExternalIds(tx, partner.id, part),
    ),
  );
  const rowOf = new Map<string, number>();
  const faults: Fault[] = [];
  for (const { number, externalId } of named) {
    const pointer = `/rows/${number}/externalId`;
    const earlier = rowOf.get(externalId);
    if (taken.has(externalId))
      faults.push({
        pointer,
        detail: "Another prepaid licence of yours has this externalId already.",
      });
    else if (earlier !== undefined)
      faults.push({ pointer, detail: `Row ${earlier} has this externalId already.` });
    else rowOf.set(externalId, number);
  }
  return faults;
}

/** Rows with which a customer would hold more licences of a product than it can. */
async function findBeyondLimit(
  licences: readonly NumberedLicence[],
  { tx, partner, at }: PartnerWriteWorld,
): Promise<readonly Fault[]> {
  const today = dayOf(at, partner.terms.timeZone);
  const customers = [...new Set(licences.map(({ licence }) => licence.customer))];
  const counts = new Map<string, number>();
  for (const { customer, product, count } of await inParts(customers, (part) =>
    countOpenLicences(tx, partner.id, part, today),
  ))
    counts.set(`${customer} ${product}`, count);
  return licences.flatMap(({ number, licence }) => {
    const pair = `${licence.customer} ${licence.product}`;
    const count = (counts.get(pair) ?? 0) + 1;
    counts.set(pair, count);
    return count > maximumOpenLicences
      ? [{ pointer: `/rows/${number}/customer`, detail: tooManyLicences }]
      : [];
  });
}

function createRowsError(faults: readonly Fault[], rowCount: number): ProblemError {
  const refused = new Set(faults.map(({ pointer }) => pointer.split("/")[2]));
  return new ProblemError(
    "import_rows_refused",
    `${refused.size} of ${rowCount} rows can't be imported, so none was. errors says why.`,
    limitFaults(faults.toSorted((one, other) => rowNumberOf(one) - rowNumberOf(other))),
  );
}

function rowNumberOf({ pointer }: Fault): number {
  return Number(pointer.split("/")[2]);
}

/** Asks in parts what one statement can't be asked at once, and puts the answers together. */
async function inParts<Value, Row>(
  values: readonly Value[],
  ask: (part: readonly Value[]) => Promise<Iterable<Row>>,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let start = 0; start < values.length; start += listSize)
    for (const row of await ask(values.slice(start, start + listSize))) rows.push(row);
  return rows;
}
