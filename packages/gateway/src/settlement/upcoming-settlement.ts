import { settleMonth, type Settlement } from "@evergate/core";
import type { BillCustomer } from "../store/bill-customers.ts";
import type { StoredCharge } from "../store/charges.ts";
import { getCustomerNames } from "../store/customers.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { loadPricingTerms, readTaxRate } from "./pricing-terms.ts";

/** What a month's charges come to. Null where there is no charge (R22). */
export async function computeSettlement(
  db: Reader,
  partner: Partner,
  charges: readonly StoredCharge[],
): Promise<Settlement | null> {
  return settleMonth(charges, {
    ...(await loadPricingTerms(db, partner, charges)),
    taxRate: readTaxRate(partner),
  });
}

/** The bill's customers with their names as they are now, in the order of the names. */
export async function nameCustomers(
  db: Reader,
  partner: Partner,
  settlement: Settlement,
): Promise<Pick<BillCustomer, "customer" | "name" | "net">[]> {
  const names = await getCustomerNames(
    db,
    partner.id,
    settlement.customers.map(({ customer }) => customer),
  );
  const compare = new Intl.Collator("en").compare;
  return settlement.customers
    .map(({ customer, net }) => ({ customer, name: names.get(customer) ?? "", net }))
    .toSorted(
      (one, other) => compare(one.name, other.name) || (one.customer < other.customer ? -1 : 1),
    );
}
