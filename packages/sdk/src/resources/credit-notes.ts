import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type {
  BillId,
  CreditNote,
  CreditNoteId,
  CreditNoteInput,
  CreditNoteLine,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** What was taken back of bills, which themselves never change. */
export interface CreditNotes {
  /**
   * Issues a credit note for a bill (R30): for some of its charges or parts of them, or for all that
   * is left of it. All of a bill's credit notes together never take back more than was billed.
   * For operators, who name the partner in `options.partner`.
   *
   * Refused with `not_found`, `nothing_left_to_credit`, `charge_named_twice`, `charge_unknown`,
   * `credit_amount_invalid`, `credit_exceeds_charge`.
   */
  create(
    billId: BillId,
    input: CreditNoteInput,
    options?: OptionsOf<"createCreditNote">,
  ): Promise<CreditNote>;

  /** Lists the partner's credit notes, newest first, of all bills or of one. */
  list(
    query?: QueryOf<"listCreditNotes">,
    options?: OptionsOf<"listCreditNotes">,
  ): PagePromise<CreditNote>;

  /**
   * Reads a credit note.
   *
   * Refused with `not_found`.
   */
  get(creditNoteId: CreditNoteId, options?: OptionsOf<"getCreditNote">): Promise<CreditNote>;

  /**
   * Lists what a credit note takes back of each charge, in the order in which they stand on the
   * bill. The amounts add up to its net.
   *
   * Refused with `not_found`.
   */
  listLines(
    creditNoteId: CreditNoteId,
    query?: QueryOf<"listCreditNoteLines">,
    options?: OptionsOf<"listCreditNoteLines">,
  ): PagePromise<CreditNoteLine>;
}

export function createCreditNotes({ call, list }: Calls): CreditNotes {
  return {
    create: (billId, input, options) =>
      call("createCreditNote", { path: { billId }, body: input }, options),
    list: (query, options) => list("listCreditNotes", { query }, options),
    get: (creditNoteId, options) => call("getCreditNote", { path: { creditNoteId } }, options),
    listLines: (creditNoteId, query, options) =>
      list("listCreditNoteLines", { path: { creditNoteId }, query }, options),
  };
}
