import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import { findEventPayloads, type PlacedEvent } from "../../store/events.ts";
import { findPartner } from "../../store/partners.ts";
import type { Transaction } from "../../store/store.ts";
import { insertDeliveries } from "../../store/webhook-deliveries.ts";
import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { readProducts, wantsEvent, type Offer } from "../endpoints/wants-event.ts";
import { makeBody } from "./make-body.ts";
import { makeThinPayload } from "./thin-payload.ts";

/** Makes a delivery of every event for every one of the partner's endpoints that wants it, due at once. */
export async function fanOut(
  tx: Transaction,
  partner: PartnerId,
  endpoints: readonly WebhookEndpoint[],
  events: readonly PlacedEvent[],
  now: Instant,
): Promise<void> {
  const offers = await makeOffers(tx, partner, endpoints, events);
  const deliveries = endpoints.flatMap((endpoint) =>
    offers
      .filter(({ offer }) => wantsEvent(endpoint, offer))
      .map(({ event, thinPayload }) => ({
        endpoint: endpoint.id,
        event: event.id,
        lane: event.subscription ?? event.subject ?? event.id,
        makeBody:
          endpoint.payload === "thin"
            ? (sequence: number) => makeBody(thinPayload(), endpoint.id, sequence)
            : null,
      })),
  );
  await insertDeliveries(tx, partner, deliveries, now);
}

interface OfferedEvent {
  readonly event: PlacedEvent;
  readonly offer: Offer;
  readonly thinPayload: () => string;
}

/** Most endpoints ask for types alone: only for the others are texts and the partner read. */
async function makeOffers(
  tx: Transaction,
  partner: PartnerId,
  endpoints: readonly WebhookEndpoint[],
  events: readonly PlacedEvent[],
): Promise<readonly OfferedEvent[]> {
  const readsTexts = endpoints.some(
    ({ filters, payload }) => filters.products !== null || payload === "thin",
  );
  const payloads = readsTexts
    ? await findEventPayloads(
        tx,
        partner,
        events.map(({ id }) => id),
      )
    : new Map<string, string>();
  const readsMode = endpoints.some(({ filters }) => filters.mode !== null);
  const mode = readsMode ? (await findPartner(tx, partner))?.mode : undefined;
  return events.map((event) => {
    const payload = (): string => {
      const text = payloads.get(event.id);
      if (text === undefined) throw new Error(`The event ${event.id} has no text.`);
      return text;
    };
    // Each is made once, however many endpoints ask for it.
    let products: readonly string[] | null = null;
    let thinPayload: string | null = null;
    return {
      event,
      thinPayload: () => (thinPayload ??= makeThinPayload(payload())),
      offer: {
        type: event.type,
        subject: event.subject,
        // Without anybody who asks, either will do.
        mode: mode ?? "live",
        products: () => (products ??= readProducts(payload())),
      },
    };
  });
}
