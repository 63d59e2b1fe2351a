import type { components } from "../../generated/api.ts";
import { refuseField } from "../../app/problem.ts";
import { findProductIds } from "../../store/catalogue.ts";
import type { Reader } from "../../store/store.ts";
import type { EventFilters } from "../../store/webhook-endpoints.ts";

/** The filters after a change of them, with the ids of the products named. Throws `product_unknown` where one names none. */
export async function readFilters(
  db: Reader,
  before: EventFilters,
  input: components["schemas"]["WebhookFiltersInput"] | undefined,
): Promise<EventFilters> {
  const { products, mode } = input ?? {};
  return {
    products:
      products === undefined ? before.products : products && (await findProducts(db, products)),
    mode: mode === undefined ? before.mode : mode,
  };
}

async function findProducts(db: Reader, references: readonly string[]): Promise<readonly string[]> {
  const found = await findProductIds(db, references);
  const ids = references.map((reference, index) => {
    const id = found.get(reference);
    if (id === undefined)
      throw refuseField(
        "product_unknown",
        `/filters/products/${index}`,
        `There is no product ${reference}. Name it by its id, or as code:<its code>.`,
      ).refused;
    return id;
  });
  // One product may be named twice, by its id and by its code.
  return [...new Set(ids)];
}
