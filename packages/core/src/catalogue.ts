import type { LocalDate } from "./calendar.ts";
import type { PriceId, ProductId } from "./ids.ts";
import type { Percent, UnitPrice } from "./money.ts";

/** What is licensed, counted in its `unit`; a subscription's quantity lies within the two limits (R7). */
export type Product = {
  readonly id: ProductId;
  readonly code: string;
  readonly name: string;
  readonly unit: string;
  readonly minQuantity: number;
  readonly maxQuantity: number;
};

/** From `from` units on, all of them are cheaper by `discountPercent` (R20). */
export type Tier = { readonly from: number; readonly discountPercent: Percent };

/** The unit price of a product in one channel and currency from a local day on (R19). */
export type Price = {
  readonly id: PriceId;
  readonly product: ProductId;
  readonly unitPrice: UnitPrice;
  readonly validFrom: LocalDate;
  readonly tiers: readonly Tier[];
};

/**
 * The price in force on `day`: the one with the latest `validFrom` that is not after it (R19).
 * The prices are those of one product, channel and currency, in any order; undefined if none is in force yet.
 */
export function priceOn(prices: readonly Price[], day: LocalDate): Price | undefined {
  let inForce: Price | undefined;
  for (const price of prices) {
    if (price.validFrom > day) continue;
    if (inForce === undefined || price.validFrom >= inForce.validFrom) inForce = price;
  }
  return inForce;
}
