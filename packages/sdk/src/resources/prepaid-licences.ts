import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type {
  PrepaidLicence,
  PrepaidLicenceCsv,
  PrepaidLicenceImport,
  PrepaidLicenceInput,
  PrepaidLicencePatch,
  PrepaidLicenceRef,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** Licences paid in advance, after which a subscription can begin. */
export interface PrepaidLicences {
  /**
   * Registers a licence that a customer has paid in advance, for fixed days and a fixed quantity. While it runs, no
   * subscription of the customer to the product can begin.
   *
   * Refused with `prepaid_licence_limit_reached`, `external_id_taken`, `customer_unknown`, `product_unknown`,
   * `prepaid_ends_in_past`, `prepaid_ends_before_start`.
   */
  create(
    input: PrepaidLicenceInput,
    options?: OptionsOf<"createPrepaidLicence">,
  ): Promise<PrepaidLicence>;

  /**
   * Registers all licences of a CSV file (`customer,product,quantity,startsOn,endsOn,externalId`), or none: `errors` names
   * each row and column that can't be (`/rows/17/endsOn`, the header being row 1). Up to 1 MiB and 5,000 licences.
   *
   * Refused with `import_rows_refused`.
   */
  import(
    csv: PrepaidLicenceCsv,
    options?: OptionsOf<"importPrepaidLicences">,
  ): Promise<PrepaidLicenceImport>;

  /** Lists the prepaid licences of the partner's customers, newest first, those that have ended included. */
  list(
    query?: QueryOf<"listPrepaidLicences">,
    options?: OptionsOf<"listPrepaidLicences">,
  ): PagePromise<PrepaidLicence>;

  /**
   * Reads one prepaid licence.
   *
   * Refused with `not_found`.
   */
  get(
    prepaidLicenceId: PrepaidLicenceRef,
    options?: OptionsOf<"getPrepaidLicence">,
  ): Promise<PrepaidLicence>;

  /**
   * Changes a licence that has not ended. Where its end moves, the subscriptions that were to begin then move along.
   *
   * Refused with `not_found`, `prepaid_licence_ended`, `external_id_taken`, `prepaid_ends_in_past`,
   * `prepaid_ends_before_start`.
   */
  update(
    prepaidLicenceId: PrepaidLicenceRef,
    input: PrepaidLicencePatch,
    options?: OptionsOf<"updatePrepaidLicence">,
  ): Promise<PrepaidLicence>;

  /**
   * Takes back a licence that was registered by mistake. What was to begin when it ends begins when the customer no
   * longer holds any other, at once where it holds none.
   *
   * Refused with `not_found`, `prepaid_licence_ended`.
   */
  delete(
    prepaidLicenceId: PrepaidLicenceRef,
    options?: OptionsOf<"deletePrepaidLicence">,
  ): Promise<void>;
}

export function createPrepaidLicences({ call, list }: Calls): PrepaidLicences {
  return {
    create: (input, options) => call("createPrepaidLicence", { body: input }, options),
    import: (csv, options) => call("importPrepaidLicences", { body: csv }, options),
    list: (query, options) => list("listPrepaidLicences", { query }, options),
    get: (prepaidLicenceId, options) =>
      call("getPrepaidLicence", { path: { prepaidLicenceId } }, options),
    update: (prepaidLicenceId, input, options) =>
      call("updatePrepaidLicence", { path: { prepaidLicenceId }, body: input }, options),
    delete: (prepaidLicenceId, options) =>
      call("deletePrepaidLicence", { path: { prepaidLicenceId } }, options),
  };
}
