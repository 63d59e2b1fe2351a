import { describe, expect, test } from "vitest";
import { findSvixBacklog } from "../store/svix-queues.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startSvixServer } from "../testing/start-svix-server.ts";
import { testNow } from "../testing/start-test-gateway.ts";
import { countUnplacedEvents } from "./find-faults.ts";
import { openDatabase } from "./open-database.ts";
import { createChance, takeSeed } from "./random.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

const kills = 3;
const subscriptionCount = 6;

/** Of one partner: a process that is killed leaves at most a batch unrecorded. */
const batch = 32;

/** At first so many are asked for at once, and again once the partner has its application. */
const lanesAtOnce = 4;

describe.each(testStores)("killed while handing events to Svix, on $name", (stores) => {
  test(
    "every event is there once, and each subscription's in order (R27)",
    { timeout: 240_000 },
    async () => {
      const chance = createChance(takeSeed(`kill-while-handing-to-svix ${stores.name}`));
      const { url, store, gateway } = await openDatabase(stores);
      const server = await startSvixServer();
      // When a process is killed, Svix has mostly accepted events and has not said so yet.
      server.answer(() => ({ lateMs: chance.between(1, 12) }));
      const start = (): Promise<GatewayProcess> =>
        startGatewayProcess(url, {
          // It lives at the time of the gateway that changes things: the clock brings nothing about.
          clockOffsetMs: testNow - Date.now(),
          env: {
            EVERGATE_DELIVERY: "svix",
            EVERGATE_SVIX_URL: server.url,
            EVERGATE_SVIX_TOKEN: server.token,
          },
        });
      const first = await start();
      await waitUntil("it has begun", async () => (await findSvixBacklog(store.reader)) !== null);
      await first.kill();
      const world = await makeWorld(gateway, { mode: "live" });
      const subscriptions: string[] = [];
      for (let count = 0; count < subscriptionCount; count++)
        subscriptions.push((await world.subscribe()).id);

      for (let round = 0; round < kills; round++) {
        for (let change = 0; change < 4; change++)
          await Promise.all(
            subscriptions.map((id) =>
              world.api.ask("PATCH", `/v1/subscriptions/${id}`, {
                quantity: 11 + round * 4 + change,
              }),
            ),
          );
        const killed = await start();
        const before = server.messages.length;
        const goal = before + chance.between(1, 15);
        await waitUntil(
          "some have been accepted",
          () => server.messages.length >= goal,
          () => killed.readLog(),
        );
        await killed.kill();
        // As a lease ends by itself after some time.
        await store.transaction((tx) =>
          tx.updateTable("svix_queues").set({ lease_ends_at: 0 }).execute(),
        );
      }
      const last = await start();
      await waitUntil(
        "nothing waits any more",
        async () =>
          (await countUnplacedEvents(store.reader)) === 0 &&
          (await findSvixBacklog(store.reader))?.waiting === 0,
        () => last.readLog(),
      );
      await last.stop();

      const events = await store.reader
        .selectFrom("event_places")
        .select(["event", "subscription"])
        .where("partner", "=", world.partner.id)
        .orderBy("position")
        .execute();
      const arrived = server.messages.map(({ eventId }) => eventId);
      expect(arrived.toSorted()).toEqual(events.map(({ event }) => event).toSorted());
      for (const id of subscriptions) {
        const own = events.flatMap((one) => (one.subscription === id ? one.event : []));
        expect(own.length).toBeGreaterThan(kills * 4);
        expect(arrived.filter((event) => own.includes(event))).toEqual(own);
      }
      const repeated = server.asked.length - new Set(server.asked).size;
      process.stdout.write(
        `kill-while-handing-to-svix ${stores.name}: ${kills} kills, ${arrived.length} there, ${repeated} sent again\n`,
      );
      expect(repeated).toBeLessThanOrEqual(kills * batch + lanesAtOnce);
    },
  );
});
