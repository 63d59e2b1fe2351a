import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { placeNewEvents } from "../events/place-events.ts";
import type { components } from "../generated/api.ts";
import { toPartnerId } from "../ids.ts";
import { appendEvents } from "../store/events.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { testNow } from "../testing/start-test-gateway.ts";
import { openDatabase, type FaultDatabase } from "./open-database.ts";
import { createChance, takeSeed } from "./random.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";

type Schemas = components["schemas"];

const kills = Number(process.env["EVERGATE_FAULTS_KILLS"] ?? "3");
const eventCount = 8_000;
const timeoutMs = 90_000 + kills * 4_000;

/** Takes what a replay has put on its way, as an endpoint's worker would, 500 at a time; answers how many there were. */
async function drain({ store }: FaultDatabase, endpoint: string): Promise<number> {
  return store.transaction(async (tx) => {
    const rows = await tx
      .selectFrom("webhook_deliveries")
      .select("sequence")
      .where("endpoint", "=", endpoint)
      .where("status", "=", "pending")
      .limit(500)
      .execute();
    if (rows.length === 0) return 0;
    const { numUpdatedRows } = await tx
      .updateTable("webhook_deliveries")
      .set({ status: "delivered", finished_at: testNow })
      .where("endpoint", "=", endpoint)
      .where("status", "=", "pending")
      .where(
        "sequence",
        "in",
        rows.map(({ sequence }) => sequence),
      )
      .executeTakeFirst();
    return Number(numUpdatedRows);
  });
}

describe.each(testStores)("a replay whose processes are killed, on $name", (stores) => {
  test(
    "is carried on by the next one: each delivery is put on its way exactly once, new ones under numbers without a gap",
    { timeout: timeoutMs },
    async () => {
      const chance = createChance(takeSeed(`replay-kills ${stores.name}`));
      const database = await openDatabase(stores);
      const { store, gateway, url } = database;
      const world = await makeWorld(gateway, { mode: "live" });
      const partner = toPartnerId(world.partner.id);
      await placeNewEvents(store, partner, () => testNow);
      for (let begun = 0; begun < eventCount; begun += 1_000) {
        await store.transaction((tx) =>
          appendEvents(
            tx,
            partner,
            Array.from({ length: 1_000 }, (_, index) => ({
              type: "subscription.renewed",
              subscription: `sub_${index}`,
              sequence: begun / 1_000 + 1,
              occurredAt: testNow,
              data: {},
            })),
          ),
        );
        await placeNewEvents(store, partner, () => testNow);
      }
      // It is off: nobody but the test takes anything from its queue.
      const { id: endpoint } = await world.api.ask<Schemas["CreatedWebhookEndpoint"]>(
        "POST",
        "/v1/webhook-endpoints",
        {
          url: "https://hooks.example.com/",
          eventTypes: ["subscription.*"],
          enabled: false,
        },
      );
      // One writes to an SQLite file; of PostgreSQL two have it at once.
      const processes: GatewayProcess[] = [];
      const count = stores.name === "postgres" ? 2 : 1;
      const start = async (): Promise<void> => {
        while (processes.length < count) processes.push(await startGatewayProcess(url));
      };
      let killed = 0;
      // All are new at first, then all are old.
      for (const added of [eventCount, 0]) {
        const path = `/v1/webhook-endpoints/${endpoint}/replays`;
        const { id } = await world.api.ask<Schemas["WebhookReplay"]>("POST", path, { only: "all" });
        const read = (): Promise<Schemas["WebhookReplay"]> => world.api.ask("GET", `${path}/${id}`);
        let drained = 0;
        for (let replay = await read(); replay.status !== "completed"; replay = await read()) {
          await start();
          await delay(chance.between(0, 300));
          if (killed < kills) {
            killed += 1;
            await processes.shift()?.kill();
          }
          drained += await drain(database, endpoint);
          drained += await drain(database, endpoint);
        }
        for (let more = 1; more > 0; drained += more) more = await drain(database, endpoint);
        expect(await read()).toMatchObject({ count: eventCount, done: eventCount, added });
        expect(drained).toBe(eventCount);
      }
      const rows = await store.reader
        .selectFrom("webhook_deliveries")
        .innerJoin("event_places", (join) =>
          join
            .onRef("event_places.partner", "=", "webhook_deliveries.partner")
            .onRef("event_places.event", "=", "webhook_deliveries.event"),
        )
        .select(["webhook_deliveries.sequence as number", "event_places.position"])
        .where("webhook_deliveries.endpoint", "=", endpoint)
        .orderBy("webhook_deliveries.sequence")
        .execute();
      expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
      const first = rows[0]?.position ?? 0;
      expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => first + index));
      expect(rows).toHaveLength(eventCount);
      await Promise.all(processes.map((process) => process.kill()));
      expect(killed).toBeGreaterThan(0);
      process.stdout.write(
        `replay-kills ${stores.name}: 2 replays of ${eventCount} deliveries, ${killed} kills\n`,
      );
    },
  );
});
