import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { Charge } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** The amounts for one subscription and one billing period each. */
export interface Charges {
  /** Lists the partner's charges, newest first. */
  list(query?: QueryOf<"listCharges">, options?: OptionsOf<"listCharges">): PagePromise<Charge>;
}

export function createCharges({ list }: Calls): Charges {
  return {
    list: (query, options) => list("listCharges", { query }, options),
  };
}
