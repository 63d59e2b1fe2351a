import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { testStores } from "../testing/open-test-stores.ts";
import { deliveryEnv, makeDeliveryScene, perEndpoint } from "./delivery-scene.ts";
import type { EndpointConduct } from "./delivery-witness.ts";
import { createChance, takeSeed, type Chance } from "./random.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

/** Each costs the length of a lease: nobody knows sooner that a process is dead. */
const kills = Math.ceil(Number(process.env["EVERGATE_FAULTS_KILLS"] ?? "8") / 4);
const processCount = 3;
/** A lease, a look and the deliveries that have waited for it, with room for a slow machine. */
const takeOverMs = 90_000;

/** Longer than any endpoint here takes for an answer. */
const settlingMs = 200;

/** Commands come slowly enough for a machine that has three gateways and a database to run. */
const restMs = 60;

function makeConducts(chance: Chance): Record<string, EndpointConduct> {
  const slowly = (): ReturnType<EndpointConduct["decide"]> => ({
    conduct: "take",
    afterMs: chance.between(1, 60),
  });
  return { a: { decide: slowly }, b: { decide: slowly }, c: { decide: slowly } };
}

describe.each(testStores.filter(({ name }) => name === "postgres"))(
  "gateways that deliver together, on $name",
  (stores) => {
    test(
      "killed in turn, they lose nothing, keep each subscription's order, and never send one delivery twice at once, nor more to an endpoint than one of them may",
      { timeout: 120_000 + kills * takeOverMs },
      async () => {
        const seed = takeSeed("deliver-together");
        const chance = createChance(seed);
        const scene = await makeDeliveryScene(stores, makeConducts(createChance(seed + 100)), seed);
        const { database, witness } = scene;
        const start = (): Promise<GatewayProcess> =>
          startGatewayProcess(database.url, { env: deliveryEnv });
        const gateways = await Promise.all(Array.from({ length: processCount }, start));
        const load = scene.startLoad(() => chance.pick(gateways), restMs);
        let mayRepeat = 0;
        for (let count = 0; count < kills; count++) {
          const before = witness.count().taken;
          await waitUntil("deliveries are under way", () => witness.count().taken > before + 100);
          await delay(chance.between(0, 500));
          const index = chance.between(0, processCount - 1);
          await gateways[index]?.kill();
          await delay(settlingMs);
          mayRepeat += (await scene.countUnrecorded()).all;
          const isTakenOver = await scene.watchPending();
          gateways[index] = await start();
          await waitUntil(
            "all that was pending is delivered by the others",
            isTakenOver,
            () => gateways.map((gateway) => gateway.readLog()),
            100,
            takeOverMs,
          );
        }
        await load.end();
        await waitUntil("all is delivered", () => scene.isDone(), undefined, 100, takeOverMs);
        const { taken, repeated } = witness.count();
        process.stdout.write(
          `deliver-together: ${kills} kills, ${taken} taken, ${repeated} repeated of ${mayRepeat} that were on their way, at most ${witness.mostOpen()} at once\n`,
        );
        await scene.expectAllWell();
        expect(repeated).toBeLessThanOrEqual(mayRepeat);
        expect(witness.mostOpen()).toBeLessThanOrEqual(perEndpoint);
      },
    );

    test(
      "one that stands still for longer than its lease, and then goes on, sends nothing that another has taken over",
      { timeout: 60_000 + 2 * takeOverMs },
      async () => {
        const seed = takeSeed("deliver-together frozen");
        const scene = await makeDeliveryScene(stores, makeConducts(createChance(seed + 100)), seed);
        const { database, witness } = scene;
        const frozen = await startGatewayProcess(database.url, { env: deliveryEnv });
        const load = scene.startLoad(() => frozen);
        await waitUntil("it is delivering", () => witness.count().taken > 100);
        frozen.freeze();
        // What was on its way is still taken, and the answer not heard.
        await delay(settlingMs);
        const { all: mayRepeat } = await scene.countUnrecorded();
        witness.forgetOpen();
        const other = await startGatewayProcess(database.url, { env: deliveryEnv });
        await waitUntil(
          "the other has taken over",
          () => scene.isDone(),
          undefined,
          100,
          takeOverMs,
        );
        const { taken } = witness.count();
        frozen.wake();
        await waitUntil("there is more", () => witness.count().taken > taken + 100);
        await load.end();
        await waitUntil("all is delivered", () => scene.isDone(), undefined, 100, takeOverMs);
        await scene.expectAllWell();
        // And the one that it was about to write when it was stopped, if it was.
        expect(witness.count().repeated).toBeLessThanOrEqual(mayRepeat + 1);
        expect([frozen.hasExited(), other.hasExited()]).toEqual([false, false]);
      },
    );

    test(
      "clocks that differ by ten minutes make them neither send twice at once nor stand still",
      { timeout: 60_000 + takeOverMs },
      async () => {
        const seed = takeSeed("deliver-together clocks");
        const chance = createChance(seed);
        const scene = await makeDeliveryScene(stores, makeConducts(createChance(seed + 100)), seed);
        const { database, witness } = scene;
        const offsets = [0, 600_000, -600_000];
        const gateways = await Promise.all(
          offsets.map((clockOffsetMs) =>
            startGatewayProcess(database.url, { clockOffsetMs, env: deliveryEnv }),
          ),
        );
        const load = scene.startLoad(() => chance.pick(gateways), restMs);
        await waitUntil(
          "they deliver",
          () => witness.count().taken > 1_000,
          undefined,
          100,
          takeOverMs,
        );
        await load.end();
        await waitUntil("all is delivered", () => scene.isDone());
        await scene.expectAllWell();
        expect(witness.count().repeated).toBe(0);
        expect(witness.mostOpen()).toBeLessThanOrEqual(perEndpoint);
      },
    );
  },
);
