import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { appendEvents } from "../store/events.ts";
import { makeWorld } from "../testing/api.ts";
import { openDeliveryBench, until } from "../testing/open-delivery-bench.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startReceiver } from "../testing/start-receiver.ts";
import { testNow } from "../testing/start-test-gateway.ts";
import { runPlacing } from "./run-placing.ts";

// On SQLite there is one writer, and nobody's rows are locked.
describe.each(testStores.filter(({ name }) => name === "postgres"))(
  "placing beside locks of others on $name",
  (stores) => {
    test("partners whose rows stand locked keep nobody else waiting, and have their turn once these are free", async () => {
      const bench = await openDeliveryBench(stores);
      const { gateway } = bench.world;
      const { services } = gateway.gateway;
      const receiver = await startReceiver();
      const worlds = [bench.world];
      for (let count = 0; count < 8; count++) worlds.push(await makeWorld(gateway));
      for (const { api } of worlds)
        await api.ask("POST", "/v1/webhook-endpoints", {
          url: receiver.url,
          eventTypes: ["subscription.*"],
        });
      const [free, ...locked] = worlds.map(({ partner }) => toPartnerId(partner.id));
      const worker = bench.startWorker();
      const placing = runPlacing(services, (partner) => worker.wake(partner));
      onTestFinished(() => placing.stop());
      const happen = async (partner: PartnerId): Promise<void> => {
        await bench.store.transaction((tx) =>
          appendEvents(tx, partner, [
            {
              type: "subscription.renewed",
              subscription: `sub_of_${partner}`,
              sequence: 1,
              occurredAt: testNow,
              data: {},
            },
          ]),
        );
        placing.eventsStored(partner);
      };

      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      let isHeld = false;
      const holding = bench.store.transaction(async (tx) => {
        await sql`select 1 from partners where id in (${sql.join(locked)}) for no key update`.execute(
          tx,
        );
        isHeld = true;
        await released;
      });
      await until(() => isHeld);
      for (const partner of locked) await happen(partner);
      const begunAt = performance.now();
      await happen(free!);
      await until(() => receiver.received.length > 0);
      expect(performance.now() - begunAt).toBeLessThan(3_000);
      // Nor the next, while they are tried again and again.
      await new Promise((resolve) => void setTimeout(resolve, 1_500));
      expect(receiver.received).toHaveLength(1);
      release();
      await holding;
      await until(() => receiver.received.length === worlds.length);
    });
  },
);
