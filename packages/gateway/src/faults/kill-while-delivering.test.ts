import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { testStores } from "../testing/open-test-stores.ts";
import {
  deliveryEnv,
  makeDeliveryScene,
  perEndpoint,
  type DeliveryScene,
} from "./delivery-scene.ts";
import type { Conduct, EndpointConduct } from "./delivery-witness.ts";
import { createChance, takeSeed, type Chance } from "./random.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

/** `pnpm faults` kills for as long as one likes; a build has less time. */
const kills = Number(process.env["EVERGATE_FAULTS_KILLS"] ?? "4");

/** Each process starts so much later than the one before was killed: no time is spent waiting for leases and next tries. */
const laterMs = 60_000;

/** One that answers at once, one that wants all in one order, one that takes its time, and one that refuses, drops connections, and is slowed down for it. */
function makeConducts(chance: Chance): Record<string, EndpointConduct> {
  const moods: readonly Conduct[] = [500, 503, "drop"];
  return {
    quick: { decide: () => ({ conduct: "take", afterMs: 0 }) },
    strict: { decide: () => ({ conduct: "take", afterMs: 0 }), isStrict: true },
    slow: { decide: () => ({ conduct: "take", afterMs: chance.between(2, 40) }) },
    moody: {
      decide: () => ({
        conduct: chance.between(1, 40) === 1 ? chance.pick(moods) : "take",
        afterMs: chance.between(0, 4),
      }),
    },
  };
}

describe.each(testStores)("killed while delivering, on $name", (stores) => {
  test(
    "a gateway killed again and again under load loses nothing, keeps each subscription's order, and repeats no more than was on its way (R27)",
    { timeout: 120_000 + kills * 6_000 },
    async () => {
      const seed = takeSeed(`kill-while-delivering ${stores.name}`);
      const chance = createChance(seed);
      const scene = await makeDeliveryScene(stores, makeConducts(createChance(seed + 100)), seed);
      const { database, witness } = scene;
      let clockOffsetMs = 0;
      const start = (): Promise<GatewayProcess> =>
        startGatewayProcess(database.url, { clockOffsetMs, env: deliveryEnv });
      let gateway: GatewayProcess | null = await start();
      const load = scene.startLoad(() => gateway);
      let mayRepeat = 0;
      const kill = async (): Promise<void> => {
        await gateway?.kill();
        gateway = null;
        await waitUntil("its connections have ended", () => witness.openNow() === 0);
        const unrecorded = await scene.countUnrecorded();
        // As many as are on their way, and twice as many that are being recorded.
        expect(unrecorded.ofOne).toBeLessThanOrEqual(3 * perEndpoint);
        mayRepeat += unrecorded.all;
        clockOffsetMs += laterMs;
        await scene.endLeases();
      };
      let mostPending = 0;
      for (let count = 0; count < kills; count++) {
        const before = witness.count().taken;
        await waitUntil(
          "deliveries are under way",
          () => witness.count().taken > before + 30,
          () => gateway?.readLog(),
        );
        await delay(chance.between(0, 300));
        mostPending = Math.max(mostPending, await scene.countPending());
        await kill();
        gateway = await start();
      }
      await load.end();
      await drain(scene, async () => {
        await kill();
        gateway = await start();
      });
      const { taken, repeated } = witness.count();
      process.stdout.write(
        `kill-while-delivering ${stores.name}: ${kills} kills, ${taken} taken, ${repeated} repeated of ${mayRepeat} that were on their way, at most ${mostPending} pending\n`,
      );
      await scene.expectAllWell();
      expect(repeated).toBeLessThanOrEqual(mayRepeat);
      expect(witness.mostOpen()).toBeLessThanOrEqual(perEndpoint);
    },
  );
});

/** What waits for its next try is waited for by starting again, later. */
async function drain(scene: DeliveryScene, startLater: () => Promise<void>): Promise<void> {
  const patienceMs = 4_000;
  const starts = 60;
  for (let count = 0; count < starts; count++) {
    const givesUpAt = performance.now() + patienceMs;
    while (performance.now() < givesUpAt) {
      if (await scene.isDone()) return;
      await delay(50);
    }
    await startLater();
  }
  throw new Error("Some deliveries never come to an end.");
}
