import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import type { TestStores } from "../testing/open-test-stores.ts";
import {
  startDeliveryWitness,
  type DeliveryWitness,
  type EndpointConduct,
} from "./delivery-witness.ts";
import { countUnplacedEvents, findFaults } from "./find-faults.ts";
import { openDatabase, type FaultDatabase } from "./open-database.ts";
import { createChance } from "./random.ts";
import type { GatewayProcess, GatewayProcessOptions } from "./start-gateway-process.ts";

type Schemas = components["schemas"];

/** So many deliveries at once are on their way to an endpoint at the most. */
export const perEndpoint = 8;
const subscriptionCount = 12;
const clientCount = 4;

/** What the gateways of these suites need to send to this machine. */
export const deliveryEnv: NonNullable<GatewayProcessOptions["env"]> = {
  EVERGATE_ALLOW_PRIVATE_WEBHOOKS: "true",
};

/** A partner whose subscriptions change all the time, and endpoints that see what comes of it. */
export interface DeliveryScene {
  readonly database: FaultDatabase;
  readonly world: World;
  readonly witness: DeliveryWitness;
  /** Clients that change subscriptions through whatever gateway is there, each resting so long (the mean) in between, until told to end. */
  startLoad(pick: () => GatewayProcess | null, restMs?: number): { end(): Promise<void> };
  countPending(): Promise<number>;
  /**
   * Of the deliveries that are not finished those that their endpoint has taken since this was last asked: where nothing
   * runs, they and nothing else may come again. `ofOne`: the most of one endpoint.
   */
  countUnrecorded(): Promise<{ readonly all: number; readonly ofOne: number }>;
  /** What a process that has been killed held is free, as it would be after some time. */
  endLeases(): Promise<void>;
  /** Whether what is pending now has been finished, when asked again. */
  watchPending(): Promise<() => Promise<boolean>>;
  /** Whether every event has its place and every delivery is finished. */
  isDone(): Promise<boolean>;
  /** Nothing lost, nothing out of order, nothing twice at once, no gap in any numbers. */
  expectAllWell(): Promise<void>;
}

export async function makeDeliveryScene(
  stores: TestStores,
  conducts: Readonly<Record<string, EndpointConduct>>,
  seed: number,
): Promise<DeliveryScene> {
  const database = await openDatabase(stores);
  const { reader } = database.store;
  const world = await makeWorld(database.gateway, { mode: "live" });
  const witness = await startDeliveryWitness(conducts);
  const nameOf = new Map<string, string>();
  for (const [name, { isStrict }] of Object.entries(conducts)) {
    const { id } = await world.api.ask<Schemas["WebhookEndpoint"]>(
      "POST",
      "/v1/webhook-endpoints",
      {
        url: witness.url(name),
        eventTypes: ["subscription.*"],
        ordering: isStrict === true ? "fifo" : "subscription",
      },
    );
    nameOf.set(id, name);
  }
  const subscriptions: string[] = [];
  for (let count = 0; count < subscriptionCount; count++)
    subscriptions.push((await world.subscribe()).id);

  /** Each time that something was taken and not recorded. */
  const known = new Set<string>();
  const listPending = (): Promise<{ endpoint: string; event: string }[]> =>
    reader
      .selectFrom("webhook_deliveries")
      .select(["endpoint", "event"])
      .where("status", "=", "pending")
      .execute();
  return {
    database,
    world,
    witness,
    startLoad(pick, restMs = 15) {
      const stage = { isOver: false };
      const clients = Array.from({ length: clientCount }, async (_, index) => {
        const chance = createChance(seed + index);
        for (let count = 0; !stage.isOver; count++) {
          const gateway = pick();
          // What a dead gateway leaves unanswered is not asked again: it has happened, or it has not.
          await gateway
            ?.api(world.partner.apiKey.secret)
            .call("PATCH", `/v1/subscriptions/${chance.pick(subscriptions)}`, {
              metadata: { change: `${index}-${count}` },
            })
            .catch(() => null);
          await delay(chance.between(0, 2 * restMs));
        }
      });
      return {
        end: async () => {
          stage.isOver = true;
          await Promise.all(clients);
        },
      };
    },
    async endLeases() {
      await database.store.transaction((tx) =>
        tx
          .updateTable("webhook_queues")
          .set({ lease_ends_at: 0 })
          .where("lease_owner", "is not", null)
          .execute(),
      );
    },
    async watchPending() {
      const before = await listPending();
      const toName = ({ endpoint, event }: (typeof before)[number]): string =>
        `${endpoint} ${event}`;
      return async () => {
        const now = new Set((await listPending()).map(toName));
        return !before.some((delivery) => now.has(toName(delivery)));
      };
    },
    countPending: async () => (await listPending()).length,
    async countUnrecorded() {
      const found = (await listPending()).flatMap(({ endpoint, event }) => {
        const times = witness.taken(nameOf.get(endpoint) ?? "").get(event);
        return times === undefined ? [] : { endpoint, key: `${endpoint} ${event} ${times}` };
      });
      const unrecorded = found.filter(({ key }) => !known.has(key));
      for (const { key } of unrecorded) known.add(key);
      const counts = [...nameOf.keys()].map(
        (id) => unrecorded.filter(({ endpoint }) => endpoint === id).length,
      );
      return { all: unrecorded.length, ofOne: Math.max(...counts) };
    },
    async isDone() {
      // In this order: what has its place by the first is pending, or delivered, by the second.
      return (await countUnplacedEvents(reader)) === 0 && (await listPending()).length === 0;
    },
    async expectAllWell() {
      const events = await reader
        .selectFrom("events")
        .select("id")
        .where("type", "like", "subscription.%")
        .execute();
      const wanted = events.map(({ id }) => id).toSorted();
      expect(witness.faults).toEqual([]);
      for (const name of nameOf.values()) {
        expect([name, [...witness.taken(name).keys()].toSorted()]).toEqual([name, wanted]);
        expect(witness.sequences(name)).toEqual(wanted.map((_, index) => index + 1));
      }
      const unfinished = await reader
        .selectFrom("webhook_deliveries")
        .select(["endpoint", "event", "status"])
        .where("status", "<>", "delivered")
        .execute();
      expect(unfinished).toEqual([]);
      expect(await findFaults(database.store)).toEqual([]);
    },
  };
}
