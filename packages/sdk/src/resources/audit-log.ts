import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { AuditEntry } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** Who changed what, and when. */
export interface AuditLog {
  /**
   * Lists every change with who made it and when, newest first (R26). A partner sees its own
   * record. An operator's key sees the record of the partner that `Evergate-Partner` names, or
   * without it the operator's own: catalogue, partners and keys.
   */
  list(
    query?: QueryOf<"listAuditLog">,
    options?: OptionsOf<"listAuditLog">,
  ): PagePromise<AuditEntry>;
}

export function createAuditLog({ list }: Calls): AuditLog {
  return {
    list: (query, options) => list("listAuditLog", { query }, options),
  };
}
