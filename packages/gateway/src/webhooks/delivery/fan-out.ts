import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import { findEventPayloads, laneOf, type PlacedEvent } from "../../store/events.ts";
import { findPartner } from "../../store/partners.ts";
import { insertReceipts } from "../../store/receipts.ts";
import type { Reader, Transaction } from "../../store/store.ts";
import { insertDeliveries, type NewDelivery } from "../../store/webhook-deliveries.ts";
import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { readProducts, wantsEvent, type Offer } from "../endpoints/wants-event.ts";
import { expectLateReceipts } from "../receipts/expect-late-receipts.ts";
import { expectReceipts } from "../receipts/expect-receipts.ts";
import { makeBody } from "./make-body.ts";
import { makeThinPayload } from "./thin-payload.ts";

/** Makes a delivery of every event for every one of the partner's endpoints that wants it, due at once, and notes the receipts that they owe. */
export async function fanOut(
  tx: Transaction,
  partner: PartnerId,
  endpoints: readonly WebhookEndpoint[],
  events: readonly PlacedEvent[],
  now: Instant,
): Promise<void> {
  const isThin = endpoints.some(({ payload }) => payload === "thin");
  const offers = await makeOffers(tx, partner, endpoints, events, isThin);
  const queues = endpoints.map((endpoint) => ({
    endpoint,
    wanted: offers.filter(({ offer }) => wantsEvent(endpoint, offer)),
  }));
  const deliveries = queues.flatMap(({ endpoint, wanted }) =>
    wanted.map((offered) => toNewDelivery(endpoint, offered)),
  );
  await insertDeliveries(tx, partner, deliveries, now);
  const receipts = queues.flatMap(({ endpoint, wanted }) =>
    expectReceipts(
      endpoint.id,
      endpoint.receipts,
      wanted.map(({ event }) => event),
      now,
    ),
  );
  await insertReceipts(tx, partner, receipts, now);
}

/** Makes a delivery of every event for one endpoint, whether it wants it or is to get it all the same, and notes the receipts that it owes. The caller holds the order of events. */
export async function queueEvents(
  tx: Transaction,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
  events: readonly PlacedEvent[],
  now: Instant,
): Promise<void> {
  const offers = await makeOffers(tx, partner, [endpoint], events, endpoint.payload === "thin");
  const deliveries = offers.map((offered) => toNewDelivery(endpoint, offered));
  await insertDeliveries(tx, partner, deliveries, now);
  const receipts = await expectLateReceipts(tx, partner, endpoint, events, now);
  await insertReceipts(tx, partner, receipts, now);
}

/** Those of the events that an endpoint wants as it is set now. */
export async function selectWanted<E extends PlacedEvent>(
  db: Reader,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
  events: readonly E[],
): Promise<readonly E[]> {
  const offers = await makeOffers(db, partner, [endpoint], events, false);
  return events.filter((_, index) => {
    const offered = offers[index];
    return offered !== undefined && wantsEvent(endpoint, offered.offer);
  });
}

function toNewDelivery(
  endpoint: WebhookEndpoint,
  { event, thinPayload }: OfferedEvent,
): NewDelivery {
  return {
    endpoint: endpoint.id,
    event: event.id,
    lane: laneOf(event),
    makeBody:
      endpoint.payload === "thin"
        ? (sequence: number) => makeBody(thinPayload(), endpoint.id, sequence)
        : null,
  };
}

interface OfferedEvent {
  readonly event: PlacedEvent;
  readonly offer: Offer;
  readonly thinPayload: () => string;
}

/** Most endpoints ask for types alone: only for the others are texts and the partner read. */
async function makeOffers(
  tx: Reader,
  partner: PartnerId,
  endpoints: readonly WebhookEndpoint[],
  events: readonly PlacedEvent[],
  needsTexts: boolean,
): Promise<readonly OfferedEvent[]> {
  const readsTexts = needsTexts || endpoints.some(({ filters }) => filters.products !== null);
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
