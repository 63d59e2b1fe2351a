import type { Bill } from "../store/bills.ts";
import { findOperatorCompany, type Party } from "../store/parties.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";

/** Who stands on a bill that is made now, and what is said of its tax. It goes into the bill and stays as it is. */
export async function makeParties(
  db: Reader,
  partner: Partner,
): Promise<Pick<Bill, "supplier" | "recipient" | "taxRate" | "reverseCharge">> {
  return {
    supplier: (await findOperatorCompany(db))?.party ?? null,
    recipient: makeRecipient(partner),
    taxRate: billedTaxRate(partner),
    reverseCharge: partner.reverseCharge,
  };
}

/** The rate that a partner's bills have, in percent: none where the partner accounts for the tax itself. */
export function billedTaxRate({ taxRate, reverseCharge }: Partner): string {
  return reverseCharge ? "0" : taxRate;
}

function makeRecipient({ name, company }: Partner): Party {
  if (company !== null) {
    const { legalName, ...rest } = company;
    return { name: legalName, ...rest, bankAccount: null };
  }
  return {
    name,
    addressLines: [],
    postalCode: null,
    city: null,
    country: null,
    vatId: null,
    registrationNumber: null,
    email: null,
    bankAccount: null,
  };
}
