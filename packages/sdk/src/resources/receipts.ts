import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { EventId, Receipt, ReceiptInput } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** What receivers report of the events that they got. */
export interface Receipts {
  /**
   * Reports that a receiver has applied an event, or could not: for who can't say it in the answer
   * to the delivery. What was rejected can be reported as applied later, never the other way round;
   * reporting the same again changes nothing.
   *
   * ```ts
   * await evergate.receipts.record(event.id, { status: "applied", detail: `Tenant ${tenant} is set up.` });
   * ```
   *
   * Refused with `not_found`, `receipt_endpoint_required`, `receipt_not_expected`,
   * `receipt_already_applied`.
   */
  record(
    eventId: EventId,
    input: ReceiptInput,
    options?: OptionsOf<"recordReceipt">,
  ): Promise<Receipt>;

  /**
   * Lists the receipts that the partner's endpoints are asked for, newest first: with the status
   * `overdue` those that did not come in time, with `rejected` those that say that an event could
   * not be applied.
   */
  list(query?: QueryOf<"listReceipts">, options?: OptionsOf<"listReceipts">): PagePromise<Receipt>;
}

export function createReceipts({ call, list }: Calls): Receipts {
  return {
    record: (eventId, input, options) =>
      call("recordReceipt", { path: { eventId }, body: input }, options),
    list: (query, options) => list("listReceipts", { query }, options),
  };
}
