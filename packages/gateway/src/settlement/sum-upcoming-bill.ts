import {
  addAmounts,
  noAmount,
  settleCharge,
  type Amount,
  type CustomerId,
  type Month,
} from "@evergate/core";
import { toSortKey, type BillCustomer } from "../store/bill-customers.ts";
import { getCustomerNames } from "../store/customers.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { foreseeCharges } from "./foresee-charges.ts";
import { addToSections, type Section } from "./progress.ts";
import { loadPricingTerms } from "./pricing-terms.ts";
import { tallyUnits } from "./tally-units.ts";

/** What a bill would come to. */
export interface UpcomingSums {
  readonly net: Amount;
  readonly lineCount: number;
  readonly customerCount: number;
  /** The first of its customers, in the order of their names. */
  readonly customers: readonly Pick<BillCustomer, "customer" | "name" | "net">[];
}

/**
 * The sums of a month's bill as it would come out if nothing more changed (R23), made as the settlement makes them: a
 * first pass counts the units, a second one prices the charges. Memory holds a chunk, and `customersShown` customers.
 */
export async function sumUpcomingBill(
  db: Reader,
  partner: Partner,
  month: Month,
  customersShown: number,
): Promise<UpcomingSums> {
  const tally = await tallyUnits(db, partner, month);
  const first = keepFirst(customersShown);
  let net = noAmount;
  let lineCount = 0;
  let customerCount = 0;
  let section: Section | null = null;
  const close = async (finished: readonly Section[]): Promise<void> => {
    customerCount += finished.length;
    const names = await getCustomerNames(
      db,
      partner.id,
      finished.map(({ customer }) => customer),
    );
    for (const { customer, net: ofCustomer } of finished)
      first.add({ customer, name: nameOf(names, customer), net: ofCustomer });
  };
  for await (const charges of foreseeCharges(db, partner, month)) {
    const terms = await loadPricingTerms(db, partner, charges);
    const finished: Section[] = [];
    for (const charge of charges) {
      const line = settleCharge(charge, tally, terms);
      net = addAmounts(net, line.amount);
      section = addToSections(section, line, finished);
    }
    lineCount += charges.length;
    await close(finished);
  }
  if (section !== null) await close([section]);
  return { net, lineCount, customerCount, customers: first.list() };
}

function nameOf(names: ReadonlyMap<CustomerId, string>, customer: CustomerId): string {
  const name = names.get(customer);
  if (name === undefined) throw new Error(`${customer} has charges and is no customer.`);
  return name;
}

type Named = UpcomingSums["customers"][number];

/** Of all that is added, keeps the first by name, in the order in which a bill has them. */
function keepFirst(limit: number): {
  readonly add: (customer: Named) => void;
  readonly list: () => readonly Named[];
} {
  const kept: { readonly key: Buffer; readonly customer: Named }[] = [];
  return {
    add(customer) {
      // As the databases compare: byte by byte, the customer's id where names are equal.
      const key = Buffer.from(`${toSortKey(customer.name)}\0${customer.customer}`);
      const last = kept.at(-1);
      if (kept.length === limit && last !== undefined && key.compare(last.key) > 0) return;
      const next = kept.findIndex((other) => key.compare(other.key) < 0);
      kept.splice(next === -1 ? kept.length : next, 0, { key, customer });
      if (kept.length > limit) kept.pop();
    },
    list: () => kept.map(({ customer }) => customer),
  };
}
