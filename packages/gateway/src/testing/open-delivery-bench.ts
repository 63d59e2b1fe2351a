import { toInstant } from "@evergate/core";
import { onTestFinished } from "vitest";
import { placeNewEvents } from "../events/place-events.ts";
import type { components } from "../generated/api.ts";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { appendEvents } from "../store/events.ts";
import type { Store } from "../store/store.ts";
import type { Services } from "../app/world.ts";
import type { DeliveryOptions } from "../webhooks/delivery/delivery-options.ts";
import { startDeliveryWorker, type DeliveryWorker } from "../webhooks/delivery/delivery-worker.ts";
import { makeWorld, type World } from "./api.ts";
import type { TestStores } from "./open-test-stores.ts";
import { startTestGateway, type TestGatewayOptions } from "./start-test-gateway.ts";

type Schemas = components["schemas"];

/** A partner whose events tests make by hand, and workers that deliver them, with a clock that stands still. */
export interface DeliveryBench {
  readonly world: World;
  readonly store: Store;
  readonly partner: PartnerId;
  /** Moves the system's clock. */
  passMs(ms: number): void;
  addEndpoint(
    url: string,
    input?: Partial<Schemas["WebhookEndpointInput"]>,
  ): Promise<Schemas["CreatedWebhookEndpoint"]>;
  /** Stores an event for each name, of the subscription of that name (null: of none), and queues their deliveries; answers their ids in order. */
  addEvents(...subscriptions: readonly (string | null)[]): Promise<readonly string[]>;
  /** Starts a worker that is impatient: it looks every few milliseconds. It is stopped when the test is over. */
  startWorker(options?: Partial<DeliveryOptions>, services?: Partial<Services>): DeliveryWorker;
  /** The attempts made to an endpoint, oldest first. */
  listAttempts(endpoint: string): Promise<readonly Schemas["WebhookAttempt"][]>;
}

export async function openDeliveryBench(
  stores: TestStores,
  options: TestGatewayOptions = {},
): Promise<DeliveryBench> {
  const gateway = await startTestGateway(stores, options);
  const world = await makeWorld(gateway);
  const { store } = gateway;
  const { services } = gateway.gateway;
  const partner = toPartnerId(world.partner.id);
  const sequences = new Map<string, number>();
  return {
    world,
    store,
    partner,
    passMs: (ms) => gateway.setNow(toInstant(services.now() + ms)),
    addEndpoint: (url, input = {}) =>
      world.api.ask("POST", "/v1/webhook-endpoints", {
        url,
        eventTypes: ["subscription.*"],
        ...input,
      }),
    async addEvents(...subscriptions) {
      const events = subscriptions.map((subscription) => {
        const sequence = subscription === null ? null : (sequences.get(subscription) ?? 0) + 1;
        if (subscription !== null && sequence !== null) sequences.set(subscription, sequence);
        return {
          type: "subscription.renewed",
          subscription,
          sequence,
          occurredAt: services.now(),
          data: { id: subscription, sequence, name: "Žilina ✓" },
        };
      });
      await store.transaction((tx) => appendEvents(tx, partner, events));
      await placeNewEvents(store, partner, services.now);
      const rows = await store.reader
        .selectFrom("event_places")
        .select("event as id")
        .where("partner", "=", partner)
        .orderBy("position", "desc")
        .limit(events.length)
        .execute();
      return rows.map(({ id }) => id).toReversed();
    },
    startWorker(workerOptions = {}, changed = {}) {
      const worker = startDeliveryWorker(
        { ...services, ...changed },
        { lookEveryMs: 5, random: () => 1, bodyMs: 50, ...workerOptions },
      );
      onTestFinished(() => worker.stop());
      return worker;
    },
    async listAttempts(endpoint) {
      const { data } = await world.api.ask<Schemas["WebhookAttemptList"]>(
        "GET",
        `/v1/webhook-endpoints/${endpoint}/attempts?limit=200`,
      );
      return data.toReversed();
    },
  };
}

/** Waits, in real time, until something is so. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  timeoutMs: number = 8_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > deadline)
      throw new Error(`It did not come about within ${timeoutMs} ms: ${isSo.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
