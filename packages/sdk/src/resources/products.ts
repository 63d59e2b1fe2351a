import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { Product, ProductInput, ProductPatch, ProductRef } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** What is licensed. Operators write the catalogue, all read it. */
export interface Products {
  /**
   * Puts a product into the catalogue. It can be subscribed to as soon as it has a price.
   *
   * Refused with `product_code_taken`, `quantity_range_empty`.
   */
  create(input: ProductInput, options?: OptionsOf<"createProduct">): Promise<Product>;

  /** Lists the catalogue's products, newest first. */
  list(query?: QueryOf<"listProducts">, options?: OptionsOf<"listProducts">): PagePromise<Product>;

  /**
   * Reads one product.
   *
   * Refused with `not_found`.
   */
  get(productId: ProductRef, options?: OptionsOf<"getProduct">): Promise<Product>;

  /**
   * Changes the name or the bounds of the quantity. Subscriptions stay as they are.
   *
   * Refused with `not_found`, `quantity_range_empty`.
   */
  update(
    productId: ProductRef,
    input: ProductPatch,
    options?: OptionsOf<"updateProduct">,
  ): Promise<Product>;
}

export function createProducts({ call, list }: Calls): Products {
  return {
    create: (input, options) => call("createProduct", { body: input }, options),
    list: (query, options) => list("listProducts", { query }, options),
    get: (productId, options) => call("getProduct", { path: { productId } }, options),
    update: (productId, input, options) =>
      call("updateProduct", { path: { productId }, body: input }, options),
  };
}
