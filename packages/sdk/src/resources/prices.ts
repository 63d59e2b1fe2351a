import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { Price, PriceInput } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** What products cost, by channel, currency and day. */
export interface Prices {
  /**
   * Sets what a product costs in one channel and currency from a day on. It is in force until
   * the next such price begins; a period is charged at the price of the day on which its paid
   * part begins (R19). Tiers are the cumulative discount of MSPs (R20).
   *
   * Refused with `price_exists`, `product_unknown`, `currency_unknown`, `tiers_not_allowed`,
   * `tiers_not_ascending`, `price_starts_in_past`.
   */
  create(input: PriceInput, options?: OptionsOf<"createPrice">): Promise<Price>;

  /** Lists prices, newest first. A partner's key sees those of its own channel and currency only. */
  list(query?: QueryOf<"listPrices">, options?: OptionsOf<"listPrices">): PagePromise<Price>;
}

export function createPrices({ call, list }: Calls): Prices {
  return {
    create: (input, options) => call("createPrice", { body: input }, options),
    list: (query, options) => list("listPrices", { query }, options),
  };
}
