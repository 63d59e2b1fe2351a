import { toInstant, type Instant } from "@evergate/core";
import {
  createGateway,
  createLog,
  createSealer,
  ensureOperatorKey,
  migrate,
  openStore,
} from "@evergate/gateway";
import { Evergate } from "@evergate/sdk";
import { placeNewEvents } from "../../packages/gateway/src/events/place-events.ts";
import { makeId, toPartnerId } from "../../packages/gateway/src/ids.ts";
import { appendEvents } from "../../packages/gateway/src/store/events.ts";
import { operatorKey, secretKey } from "../child.ts";

/** Something that is delivered: as the yardstick needs to know it. */
export interface Message {
  readonly id: string;
  readonly path: string;
  readonly body: string;
}

/** So many subscriptions have events in turn, 20 each. */
const subscriptionsAtOnce = 25;
const eventsAtOnce = 500;

/**
 * Fills a fresh database with partners that have one endpoint each, and `perEndpoint` events for each of them; where they
 * are queued too, nothing is left to do but to deliver. Answers one message of the same size for each delivery.
 */
export async function populateDeliveries(
  databaseUrl: string,
  receiverOrigin: string,
  endpointCount: number,
  perEndpoint: number,
  areQueued: boolean,
): Promise<readonly Message[]> {
  const now = (): Instant => toInstant(Date.now());
  const store = await openStore(databaseUrl);
  await migrate(store);
  await ensureOperatorKey(store, createSealer(secretKey), operatorKey, now());
  const gateway = createGateway({
    store,
    log: createLog("warn"),
    secretKey,
    settings: { privateWebhooks: true },
  });
  const connect = (apiKey: string): Evergate =>
    new Evergate({
      apiKey,
      baseUrl: "http://gateway.bench",
      fetch: async (request) => gateway.app.fetch(request),
    });
  const operator = connect(operatorKey);
  const product = await operator.products.create({
    code: "BENCH",
    name: "Bench Endpoint Security",
    unit: "user",
    minQuantity: 1,
    maxQuantity: 10_000,
  });
  await operator.prices.create({
    product: product.id,
    channel: "reseller",
    currency: "EUR",
    unitPrice: "2.00",
    validFrom: "2020-01-01",
  });
  const messages: Message[] = [];
  for (let number = 1; number <= endpointCount; number++) {
    const partner = await operator.partners.create({
      name: `Partner ${number}`,
      type: "reseller",
      currency: "EUR",
      timeZone: "Europe/Bratislava",
      billingPeriod: "calendar_month",
      mode: "live",
    });
    const client = connect(partner.apiKey.secret);
    const subscription = await client.subscriptions.create({
      customer: { name: "Hotel Carpathia", externalId: "S-1" },
      product: product.id,
      quantity: 10,
    });
    const id = toPartnerId(partner.id);
    await placeNewEvents(store, id, now);
    const path = `/ok/${number}`;
    await client.webhookEndpoints.create({
      url: `${receiverOrigin}${path}`,
      eventTypes: ["subscription.*"],
    });
    for (let start = 0; start < perEndpoint; start += eventsAtOnce) {
      const events = Array.from(
        { length: Math.min(eventsAtOnce, perEndpoint - start) },
        () => null,
      );
      const owners = Array.from({ length: subscriptionsAtOnce }, () => makeId("sub"));
      const made = events.map((_, index) => {
        const owner = owners[index % subscriptionsAtOnce] ?? "";
        const sequence = Math.floor(index / subscriptionsAtOnce) + 1;
        return {
          type: "subscription.renewed",
          subscription: owner,
          sequence,
          occurredAt: now(),
          data: { ...subscription, id: owner, sequence },
        };
      });
      await store.transaction((tx) => appendEvents(tx, id, made));
    }
    if (areQueued) await placeNewEvents(store, id, now);
    const rows = await store.reader
      .selectFrom("events")
      .select(["id", "payload"])
      .where("partner", "=", id)
      .where("type", "=", "subscription.renewed")
      .execute();
    messages.push(...rows.map((row) => ({ id: row.id, path, body: row.payload })));
  }
  await store.close();
  return messages;
}
