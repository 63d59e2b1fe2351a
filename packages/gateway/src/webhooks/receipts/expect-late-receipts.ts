import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import type { PlacedEvent } from "../../store/events.ts";
import { mapDecidingPlaces } from "../../store/provisionings.ts";
import type { NewReceipt } from "../../store/receipts.ts";
import type { Reader } from "../../store/store.ts";
import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { expectReceipts } from "./expect-receipts.ts";

/**
 * The receipts that an endpoint owes of events which it gets for the first time long after they happened. What it was
 * asked about a subscription's younger events goes on to decide what that shows.
 */
export async function expectLateReceipts(
  db: Reader,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
  events: readonly PlacedEvent[],
  now: Instant,
): Promise<readonly NewReceipt[]> {
  const receipts = expectReceipts(endpoint.id, endpoint.receipts, events, now);
  const subscriptions = [...new Set(receipts.flatMap(({ provisions }) => provisions ?? []))];
  const decidingPlaceOf = await mapDecidingPlaces(db, partner, endpoint.id, subscriptions);
  const placeOf = new Map(events.map(({ id, position }) => [id, position]));
  return receipts.map((receipt) => {
    const deciding = decidingPlaceOf.get(receipt.provisions ?? "") ?? 0;
    return (placeOf.get(receipt.event) ?? 0) > deciding
      ? receipt
      : Object.assign({}, receipt, { provisions: null });
  });
}
