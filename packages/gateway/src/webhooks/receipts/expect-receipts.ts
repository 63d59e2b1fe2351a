import { toInstant, type Instant } from "@evergate/core";
import type { PlacedEvent } from "../../store/events.ts";
import type { NewReceipt } from "../../store/receipts.ts";
import type { ReceiptTerms } from "../../store/webhook-endpoints.ts";
import { wantsType } from "../endpoints/wants-event.ts";

const msPerMinute = 60_000;

/** A receipt about a receipt would be owed a receipt in its turn. */
const neverOwed = /^(receipt|webhook_endpoint)\./;

/** The receipts that an endpoint owes of events that are queued for it. */
export function expectReceipts(
  endpoint: string,
  terms: ReceiptTerms | null,
  events: readonly Pick<PlacedEvent, "id" | "type" | "subscription">[],
  now: Instant,
): readonly NewReceipt[] {
  if (terms === null) return [];
  const dueAt = toInstant(now + terms.within.minutes * msPerMinute);
  return events
    .filter(({ type }) => wantsType(terms.eventTypes, type) && !neverOwed.test(type))
    .map(({ id, type, subscription }) => ({
      event: id,
      endpoint,
      // A charge belongs to a subscription too, but says nothing of what has to be provisioned.
      provisions: type.startsWith("subscription.") ? subscription : null,
      dueAt,
    }));
}
