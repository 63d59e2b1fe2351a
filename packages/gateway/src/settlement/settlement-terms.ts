import { parsePercent, type Percent, type PriceId, type SettlementTerms } from "@evergate/core";
import { getPrices } from "../store/catalogue.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";

/** What a partner's charges are settled by: its tax rate, and the price rows that they name. */
export async function loadSettlementTerms(
  db: Reader,
  partner: Partner,
  charges: readonly { readonly price: PriceId }[],
): Promise<SettlementTerms> {
  const prices = await getPrices(db, [...new Set(charges.map(({ price }) => price))]);
  return {
    type: partner.terms.type,
    currency: partner.terms.currency,
    taxRate: readTaxRate(partner),
    price: (id) => prices.get(id),
  };
}

export function readTaxRate(partner: Partner): Percent {
  const taxRate = parsePercent(partner.taxRate);
  if (taxRate === null)
    throw new Error(`The tax rate of ${partner.id} is no percentage: "${partner.taxRate}".`);
  return taxRate;
}
