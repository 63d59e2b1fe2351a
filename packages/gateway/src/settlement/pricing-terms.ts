import { parsePercent, type Percent, type PriceId, type PricingTerms } from "@evergate/core";
import { getPrices } from "../store/catalogue.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { billedTaxRate } from "./bill-parties.ts";

/** What a partner's charges are priced by: what kind of partner it is, and the price rows that they name. */
export async function loadPricingTerms(
  db: Reader,
  { terms }: Partner,
  charges: readonly { readonly price: PriceId }[],
): Promise<PricingTerms> {
  const prices = await getPrices(db, [...new Set(charges.map(({ price }) => price))]);
  const { type, mspFrom, currency } = terms;
  return { type, mspFrom, currency, price: (id) => prices.get(id) };
}

export function readTaxRate(partner: Partner): Percent {
  const taxRate = parsePercent(billedTaxRate(partner));
  if (taxRate === null)
    throw new Error(`The tax rate of ${partner.id} is no percentage: "${partner.taxRate}".`);
  return taxRate;
}
