import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type {
  Month,
  PartnerId,
  Settlement,
  SettlementId,
  SettlementInput,
  SettlementMonth,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** The runs that turn a month's charges into bills, with an operator's key. */
export interface Settlements {
  /**
   * Lists the settlements of partners' months with how far they have come, newest first (R22).
   * There is one from a month's end on, also where there is nothing to charge.
   */
  list(
    query?: QueryOf<"listSettlements">,
    options?: OptionsOf<"listSettlements">,
  ): PagePromise<Settlement>;

  /**
   * Reads one settlement and how far it has come.
   *
   * Refused with `not_found`.
   */
  get(settlementId: SettlementId, options?: OptionsOf<"getSettlement">): Promise<Settlement>;

  /**
   * Settles a partner's month, and what is due before it, and answers once it is done. A month
   * that is settled already is answered as it is: however often it is called, there is one bill
   * (R24). It may take long, and has no time-out of its own.
   *
   * Refused with `not_found`, `settlement_failed`, `month_not_over`, `month_before_partner`.
   */
  run(
    partnerId: PartnerId,
    input: SettlementInput,
    options?: OptionsOf<"runSettlement">,
  ): Promise<Settlement>;

  /**
   * Says how far a month is settled for all live partners. It is complete when every one of them
   * that had something to charge has its bill (R22, R24).
   */
  getMonth(month: Month, options?: OptionsOf<"getSettlementMonth">): Promise<SettlementMonth>;
}

export function createSettlements({ call, list }: Calls): Settlements {
  return {
    list: (query, options) => list("listSettlements", { query }, options),
    get: (settlementId, options) => call("getSettlement", { path: { settlementId } }, options),
    run: (partnerId, input, options) =>
      call("runSettlement", { path: { partnerId }, body: input }, options),
    getMonth: (month, options) => call("getSettlementMonth", { path: { month } }, options),
  };
}
