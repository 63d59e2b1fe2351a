import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import type { Transaction } from "../../store/store.ts";
import { insertDeliveries, type WebhookEndpoint } from "../../store/webhooks.ts";
import { wantsEvent } from "../endpoints/event-types.ts";

/** Makes a delivery of every event for every one of the partner's endpoints that wants it, due at once. */
export async function fanOut(
  tx: Transaction,
  partner: PartnerId,
  endpoints: readonly Pick<WebhookEndpoint, "id" | "eventTypes">[],
  events: readonly {
    readonly id: string;
    readonly type: string;
    readonly subscription: string | null;
    readonly position: number;
  }[],
  now: Instant,
): Promise<void> {
  const deliveries = endpoints.flatMap((endpoint) =>
    events
      .filter((event) => wantsEvent(endpoint.eventTypes, event.type))
      .map((event) => ({
        endpoint: endpoint.id,
        event: event.id,
        subscription: event.subscription,
        position: event.position,
        nextAttemptAt: now,
      })),
  );
  await insertDeliveries(tx, partner, deliveries);
}
