import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type {
  ApproveApplicationInput,
  CreatedPartner,
  PartnerApplication,
  PartnerApplicationId,
  PartnerApplicationInput,
  ReceivedApplication,
  RejectApplicationInput,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** Companies that want to become partners. */
export interface PartnerApplications {
  /**
   * A company applies to become a partner. The gateway asks for no key here. How many
   * applications it takes from one address and in all, in an hour, is limited.
   *
   * Refused with `vat_id_malformed`; with `rate_limited` where too many have come.
   */
  create(
    input: PartnerApplicationInput,
    options?: OptionsOf<"createPartnerApplication">,
  ): Promise<ReceivedApplication>;

  /** Lists all applications, newest first. */
  list(
    query?: QueryOf<"listPartnerApplications">,
    options?: OptionsOf<"listPartnerApplications">,
  ): PagePromise<PartnerApplication>;

  /**
   * Reads one application.
   *
   * Refused with `not_found`.
   */
  get(
    applicationId: PartnerApplicationId,
    options?: OptionsOf<"getPartnerApplication">,
  ): Promise<PartnerApplication>;

  /**
   * Notes that the operator looks at an application.
   *
   * Refused with `not_found`, `application_decided`, `application_in_review`.
   */
  review(
    applicationId: PartnerApplicationId,
    options?: OptionsOf<"reviewPartnerApplication">,
  ): Promise<PartnerApplication>;

  /**
   * Makes a partner of an application that is in review, approved, with a first API key that has
   * all scopes. The key's secret is shown this once.
   *
   * Refused with `not_found`, `application_decided`, `application_not_in_review`,
   * `currency_unknown`, `time_zone_unknown`, `trial_terms_not_allowed`, `trial_exceeds_limit`,
   * `reverse_charge_not_allowed`, `clock_not_allowed`.
   */
  approve(
    applicationId: PartnerApplicationId,
    input: ApproveApplicationInput,
    options?: OptionsOf<"approvePartnerApplication">,
  ): Promise<CreatedPartner>;

  /**
   * Rejects an application. It stays on record, and the company can apply anew.
   *
   * Refused with `not_found`, `application_decided`.
   */
  reject(
    applicationId: PartnerApplicationId,
    input: RejectApplicationInput,
    options?: OptionsOf<"rejectPartnerApplication">,
  ): Promise<PartnerApplication>;
}

export function createPartnerApplications({ call, list }: Calls): PartnerApplications {
  return {
    create: (input, options) => call("createPartnerApplication", { body: input }, options),
    list: (query, options) => list("listPartnerApplications", { query }, options),
    get: (applicationId, options) =>
      call("getPartnerApplication", { path: { applicationId } }, options),
    review: (applicationId, options) =>
      call("reviewPartnerApplication", { path: { applicationId } }, options),
    approve: (applicationId, input, options) =>
      call("approvePartnerApplication", { path: { applicationId }, body: input }, options),
    reject: (applicationId, input, options) =>
      call("rejectPartnerApplication", { path: { applicationId }, body: input }, options),
  };
}
