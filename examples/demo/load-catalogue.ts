import type { Evergate, Product } from "@evergate/sdk";
import { catalogue, currency, mspTiers } from "./catalogue.ts";

export interface LoadedCatalogue {
  readonly products: readonly Product[];
  readonly priceCount: number;
}

/** Puts every product into the gateway's catalogue, with its price for each channel through which it is sold. */
export async function loadCatalogue(operator: Evergate): Promise<LoadedCatalogue> {
  const products: Product[] = [];
  let priceCount = 0;
  for (const { code, name, unit, channels, unitPrice } of catalogue) {
    products.push(
      await operator.products.create({ code, name, unit, minQuantity: 1, maxQuantity: 10_000 }),
    );
    for (const channel of channels) {
      await operator.prices.create({
        product: `code:${code}`,
        channel,
        currency,
        unitPrice,
        validFrom: "2026-01-01",
        tiers: channel === "msp" ? mspTiers : [],
      });
      priceCount += 1;
    }
  }
  return { products, priceCount };
}
