import {
  channelOn,
  firstDayOf,
  parsePercent,
  type Month,
  type PartnerTerms,
  type PartnerType,
  type Percent,
  type PriceId,
  type PricingTerms,
} from "@evergate/core";
import { getPrices } from "../store/catalogue.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { billedTaxRate } from "./bill-parties.ts";

/** What a month's charges are priced by: what kind of partner it is in that month, and the price rows that they name. */
export async function loadPricingTerms(
  db: Reader,
  { terms }: Partner,
  month: Month,
  charges: readonly { readonly price: PriceId }[],
): Promise<PricingTerms> {
  const prices = await getPrices(db, [...new Set(charges.map(({ price }) => price))]);
  return {
    type: channelIn(terms, month),
    currency: terms.currency,
    price: (id) => prices.get(id),
  };
}

/** What a partner is in a month: a reseller becomes an MSP with the first of one. */
export function channelIn(terms: PartnerTerms, month: Month): PartnerType {
  return channelOn(terms, firstDayOf(month));
}

export function readTaxRate(partner: Partner): Percent {
  const taxRate = parsePercent(billedTaxRate(partner));
  if (taxRate === null)
    throw new Error(`The tax rate of ${partner.id} is no percentage: "${partner.taxRate}".`);
  return taxRate;
}
