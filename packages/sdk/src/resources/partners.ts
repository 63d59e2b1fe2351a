import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type {
  CreatedPartner,
  Partner,
  PartnerId,
  PartnerInput,
  PartnerPatch,
  SuspendInput,
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
   * Refused with `not_found`, `time_zone_fixed`, `trial_terms_not_allowed`, `trial_exceeds_limit`,
   * `vat_id_malformed`, `reverse_charge_not_allowed`.
   */
  update(
    partnerId: PartnerId,
    input: PartnerPatch,
    options?: OptionsOf<"updatePartner">,
  ): Promise<Partner>;

  /**
   * Suspends a partner: its keys can read, and change nothing. Its customers' service, its clock,
   * its bills and its webhooks go on, and an operator can still act for it.
   *
   * Refused with `not_found`, `partner_already_suspended`.
   */
  suspend(
    partnerId: PartnerId,
    input: SuspendInput,
    options?: OptionsOf<"suspendPartner">,
  ): Promise<Partner>;

  /**
   * Takes a suspension back: the keys of the partner work as before.
   *
   * Refused with `not_found`, `partner_not_suspended`.
   */
  reinstate(partnerId: PartnerId, options?: OptionsOf<"reinstatePartner">): Promise<Partner>;

  /**
   * Makes a reseller an MSP from the first of the next month on, in its time zone: prices and
   * discount tiers change then (R19, R20); subscriptions, periods and activation codes stay.
   *
   * Refused with `not_found`, `partner_not_reseller`, `msp_already_scheduled`,
   * `product_not_priced` (a product in use has no price for MSPs in force on that day).
   */
  becomeMsp(partnerId: PartnerId, options?: OptionsOf<"becomeMsp">): Promise<Partner>;

  /**
   * Withdraws that a reseller is to become an MSP, until it is one.
   *
   * Refused with `not_found`, `msp_not_scheduled`, `product_not_priced` (a product in use has no
   * price for resellers in force on that day).
   */
  withdrawBecomingMsp(
    partnerId: PartnerId,
    options?: OptionsOf<"withdrawBecomingMsp">,
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
    suspend: (partnerId, input, options) =>
      call("suspendPartner", { path: { partnerId }, body: input }, options),
    reinstate: (partnerId, options) => call("reinstatePartner", { path: { partnerId } }, options),
    becomeMsp: (partnerId, options) => call("becomeMsp", { path: { partnerId } }, options),
    withdrawBecomingMsp: (partnerId, options) =>
      call("withdrawBecomingMsp", { path: { partnerId } }, options),
    getOwn: (options) => call("getOwnPartner", {}, options),
  };
}
