import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { Charge, ChargeExplanation, ChargeId } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** The amounts for one subscription and one billing period each. */
export interface Charges {
  /** Lists the partner's charges, newest first. */
  list(query?: QueryOf<"listCharges">, options?: OptionsOf<"listCharges">): PagePromise<Charge>;

  /**
   * Tells why a charge is what it is, as data and in sentences: everything that the subscription
   * was in the period and who ordered it (R26), the dearest (R17), the price and its day (R19),
   * the days (R18), the discount and the units that it comes of (R20), the figure before it was
   * rounded (R21), and the bill.
   *
   * Refused with `not_found`.
   */
  explain(chargeId: ChargeId, options?: OptionsOf<"explainCharge">): Promise<ChargeExplanation>;
}

export function createCharges({ call, list }: Calls): Charges {
  return {
    list: (query, options) => list("listCharges", { query }, options),
    explain: (chargeId, options) => call("explainCharge", { path: { chargeId } }, options),
  };
}
