import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { AuditEntry, AuditVerification } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** Who changed what, and when. */
export interface AuditLog {
  /**
   * Lists every change with who made it and when, the last to happen first (R26). A partner sees its own
   * record. An operator's key sees the record of the partner that `Evergate-Partner` names, or
   * without it the operator's own: catalogue, partners and keys.
   */
  list(
    query?: QueryOf<"listAuditLog">,
    options?: OptionsOf<"listAuditLog">,
  ): PagePromise<AuditEntry>;

  /**
   * Checks every entry against the chain of hashes, against the seals that only the gateway can
   * make, and against the `head` that you have noted from an earlier answer
   * (`${position}:${hash}`), and names what was changed, removed or inserted by other hands (R26).
   * Note the head that it answers where the database's administrators can't reach it.
   */
  verify(
    query?: QueryOf<"verifyAuditLog">,
    options?: OptionsOf<"verifyAuditLog">,
  ): Promise<AuditVerification>;
}

export function createAuditLog({ call, list }: Calls): AuditLog {
  return {
    list: (query, options) => list("listAuditLog", { query }, options),
    verify: (query, options) => call("verifyAuditLog", { query }, options),
  };
}
