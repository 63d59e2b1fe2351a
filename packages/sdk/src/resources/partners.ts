import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type {
  CreatedPartner,
  Partner,
  PartnerId,
  PartnerInput,
  PartnerPatch,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** Who sells subscriptions. */
export interface Partners {
  /**
   * Makes a partner, approved, with a first API key that has all scopes. The key's secret is
   * shown this once. A sandbox partner has a clock of its own, which starts at `clock`.
   *
   * Refused with `currency_unknown`, `time_zone_unknown`, `trial_terms_not_allowed`,
   * `trial_exceeds_limit`, `vat_id_malformed`, `reverse_charge_not_allowed`, `clock_not_allowed`.
   */
  create(input: PartnerInput, options?: OptionsOf<"createPartner">): Promise<CreatedPartner>;

  /** Lists all partners, newest first. */
  list(query?: QueryOf<"listPartners">, options?: OptionsOf<"listPartners">): PagePromise<Partner>;

  /**
   * Reads one partner.
   *
   * Refused with `not_found`.
   */
  get(partnerId: PartnerId, options?: OptionsOf<"getPartner">): Promise<Partner>;

  /**
   * Changes the partner's name, company, industry, tax, trial terms or metadata. What was
   * granted, charged or billed stays.
   *
   * Refused with `not_found`, `trial_terms_not_allowed`, `trial_exceeds_limit`,
   * `vat_id_malformed`, `reverse_charge_not_allowed`.
   */
  update(
    partnerId: PartnerId,
    input: PartnerPatch,
    options?: OptionsOf<"updatePartner">,
  ): Promise<Partner>;

  /** Reads the partner for which the key acts. */
  getOwn(options?: OptionsOf<"getOwnPartner">): Promise<Partner>;
}

export function createPartners({ call, list }: Calls): Partners {
  return {
    create: (input, options) => call("createPartner", { body: input }, options),
    list: (query, options) => list("listPartners", { query }, options),
    get: (partnerId, options) => call("getPartner", { path: { partnerId } }, options),
    update: (partnerId, input, options) =>
      call("updatePartner", { path: { partnerId }, body: input }, options),
    getOwn: (options) => call("getOwnPartner", {}, options),
  };
}
