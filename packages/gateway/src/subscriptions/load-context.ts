import type { Context, ProductId, Subscription } from "@evergate/core";
import { loadCatalogue } from "../store/catalogue.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";

/** All that the core may look up for these subscriptions, and for the products that a command names besides. */
export async function loadContext(
  db: Reader,
  partner: Partner,
  subscriptions: readonly Subscription[],
  named: readonly ProductId[] = [],
): Promise<Context> {
  const products = new Set<ProductId>(named);
  for (const { product, scheduledChange } of subscriptions) {
    products.add(product);
    if (scheduledChange !== null && scheduledChange.product !== null)
      products.add(scheduledChange.product);
  }
  return {
    terms: partner.terms,
    catalogue: await loadCatalogue(db, partner.terms, products),
  };
}
