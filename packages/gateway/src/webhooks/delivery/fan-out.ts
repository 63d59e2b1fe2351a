import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import type { PlacedEvent } from "../../store/events.ts";
import type { Transaction } from "../../store/store.ts";
import { insertDeliveries } from "../../store/webhook-deliveries.ts";
import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { wantsEvent } from "../endpoints/event-types.ts";

/** Makes a delivery of every event for every one of the partner's endpoints that wants it, due at once. */
export async function fanOut(
  tx: Transaction,
  partner: PartnerId,
  endpoints: readonly WebhookEndpoint[],
  events: readonly PlacedEvent[],
  now: Instant,
): Promise<void> {
  const deliveries = endpoints.flatMap((endpoint) =>
    events
      .filter((event) => wantsEvent(endpoint.eventTypes, event.type))
      .map((event) => ({
        endpoint: endpoint.id,
        event: event.id,
        lane: event.subscription ?? event.subject ?? event.id,
        makeBody: null,
      })),
  );
  await insertDeliveries(tx, partner, deliveries, now);
}
