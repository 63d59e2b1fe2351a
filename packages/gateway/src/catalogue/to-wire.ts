import { formatInstant, formatPercent, formatPrice } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { StoredPrice, StoredProduct } from "../store/catalogue.ts";

export type WireProduct = components["schemas"]["Product"];
export type WirePrice = components["schemas"]["Price"];

/** A product as the API answers it. */
export function toWireProduct(product: StoredProduct): WireProduct {
  return {
    id: product.id,
    code: product.code,
    name: product.name,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract has checked it on the way in
    unit: product.unit as WireProduct["unit"],
    minQuantity: product.minQuantity,
    maxQuantity: product.maxQuantity,
    createdAt: formatInstant(product.createdAt),
  };
}

/** A price as the API answers it. */
export function toWirePrice(price: StoredPrice): WirePrice {
  return {
    id: price.id,
    product: price.product,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract has checked it on the way in
    channel: price.channel as WirePrice["channel"],
    currency: price.currency,
    unitPrice: formatPrice(price.unitPrice, price.currency),
    validFrom: price.validFrom,
    tiers: price.tiers.map(({ from, discountPercent }) => ({
      from,
      discountPercent: formatPercent(discountPercent),
    })),
    createdAt: formatInstant(price.createdAt),
  };
}
