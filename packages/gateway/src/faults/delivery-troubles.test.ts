import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openPostgres } from "../store/open-postgres.ts";
import { testStores, type TestStores } from "../testing/open-test-stores.ts";
import { startPostgres, type PostgresServer } from "../testing/start-postgres.ts";
import { deliveryEnv, makeDeliveryScene, perEndpoint } from "./delivery-scene.ts";
import type { Conduct, EndpointConduct } from "./delivery-witness.ts";
import { createChance, takeSeed, type Chance } from "./random.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

const isLongRun = Number(process.env["EVERGATE_FAULTS_KILLS"] ?? "0") > 50;
/** A lease and what has waited for it, with room for a slow machine. */
const takeOverMs = 90_000;
const hourMs = 3_600_000;

function makeConducts(chance: Chance): Record<string, EndpointConduct> {
  const soon = (): ReturnType<EndpointConduct["decide"]> => ({
    conduct: "take",
    afterMs: chance.between(0, 20),
  });
  return { a: { decide: soon }, b: { decide: soon } };
}

describe.each(testStores)("an endpoint that hangs, on $name", (stores) => {
  test(
    "holds no more connections than are its own, delays nobody and no stop, and gets everything in order once it answers",
    { timeout: 240_000 },
    async () => {
      const seed = takeSeed(`hung endpoint ${stores.name}`);
      let conduct: Conduct = "hang";
      const scene = await makeDeliveryScene(
        stores,
        {
          ...makeConducts(createChance(seed + 100)),
          hung: { decide: () => ({ conduct, afterMs: 0 }) },
        },
        seed,
      );
      const { database, witness } = scene;
      let clockOffsetMs = 0;
      const start = (): Promise<GatewayProcess> =>
        startGatewayProcess(database.url, { clockOffsetMs, env: deliveryEnv });
      let gateway = await start();
      const load = scene.startLoad(() => gateway);
      await waitUntil("it hangs", () => witness.openNow() >= perEndpoint);
      for (const name of ["a", "b"]) {
        const before = witness.taken(name).size;
        await waitUntil(`${name} goes on`, () => witness.taken(name).size > before + 100);
      }
      await load.end();
      expect(witness.mostOpen()).toBeLessThanOrEqual(perEndpoint);
      expect(witness.taken("hung").size).toBe(0);
      const stoppedAt = performance.now();
      await gateway.stop();
      // What is under way has 15 s of its own, and is then recorded.
      expect(performance.now() - stoppedAt).toBeLessThan(20_000);
      conduct = "take";
      for (let starts = 0; !(await scene.isDone()); starts++) {
        expect(starts).toBeLessThan(20);
        clockOffsetMs += 10 * 60_000;
        gateway = await start();
        await Promise.race([
          waitUntil("all is delivered", () => scene.isDone(), undefined, 50, takeOverMs),
          delay(5_000),
        ]);
        await gateway.stop();
      }
      await scene.expectAllWell();
      expect(witness.count().repeated).toBe(0);
    },
  );
});

describe.each(testStores)("a clock that jumps, on $name", (stores) => {
  test(
    "by hours and back makes nothing lost, late or twice, also where the gateway is killed meanwhile",
    { timeout: 60_000 + takeOverMs },
    async () => {
      const seed = takeSeed(`clock jumps ${stores.name}`);
      const scene = await makeDeliveryScene(stores, makeConducts(createChance(seed + 100)), seed);
      const { database, witness } = scene;
      const directory = mkdtempSync(join(tmpdir(), "evergate-clock-"));
      onTestFinished(() => rmSync(directory, { recursive: true }));
      const clockFile = join(directory, "offset");
      const setClock = (offsetMs: number): void => writeFileSync(clockFile, String(offsetMs));
      setClock(0);
      const start = (): Promise<GatewayProcess> =>
        startGatewayProcess(database.url, { clockFile, env: deliveryEnv });
      let gateway = await start();
      const load = scene.startLoad(() => gateway);
      const goOn = async (what: string): Promise<void> => {
        const { taken } = witness.count();
        await waitUntil(what, () => witness.count().taken > taken + 100, gateway.readLog);
      };
      await goOn("it delivers");
      setClock(2 * hourMs);
      await goOn("it delivers two hours later");
      setClock(0);
      await goOn("it delivers two hours earlier");
      setClock(2 * hourMs);
      await goOn("it delivers two hours later again");
      await gateway.kill();
      await waitUntil("its connections have ended", () => witness.openNow() === 0);
      const { all: mayRepeat } = await scene.countUnrecorded();
      setClock(0);
      gateway = await start();
      await delay(500);
      await load.end();
      await waitUntil(
        "all is delivered, what was queued two hours later too",
        () => scene.isDone(),
        gateway.readLog,
        50,
        takeOverMs,
      );
      await scene.expectAllWell();
      expect(witness.count().repeated).toBeLessThanOrEqual(mayRepeat);
    },
  );
});

describe("PostgreSQL ends under a gateway that delivers", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test.each(["SIGINT", "SIGKILL"] as const)(
    "by %s: what was taken meanwhile is recorded once it is back, nothing is lost, out of order, or sent again",
    { timeout: 180_000 },
    async (signal) => {
      const seed = takeSeed(`delivering without a database ${signal}`);
      const name = `deliver_${signal.toLowerCase()}`;
      const url = new URL(server.url);
      const first = openPostgres(url.href, 1);
      await sql.raw(`create database ${name}`).execute(first.reader);
      // The throw-away server forgets its last commits when it is killed; what is counted here must not be forgotten.
      await sql.raw(`alter database ${name} set synchronous_commit = on`).execute(first.reader);
      await first.close();
      url.pathname = `/${name}`;
      const stores: TestStores = {
        name: "postgres",
        open: () => Promise.reject(new Error("Not here.")),
        createDatabase: async () => ({ url: url.href, remove: async () => {} }),
      };
      const scene = await makeDeliveryScene(stores, makeConducts(createChance(seed + 100)), seed);
      const { witness } = scene;
      const gateway = await startGatewayProcess(url.href, { env: deliveryEnv });
      const load = scene.startLoad(() => gateway);
      await waitUntil("it delivers", () => witness.count().taken > 100);
      await server.interrupt(signal);
      // Longer than a lease, where there is time for that.
      await delay(isLongRun ? 45_000 : 3_000);
      const { taken } = witness.count();
      await server.resume();
      await waitUntil(
        "it delivers again",
        () => witness.count().taken > taken + 100,
        gateway.readLog,
        50,
        takeOverMs,
      );
      await load.end();
      await waitUntil("all is delivered", () => scene.isDone(), gateway.readLog, 50, takeOverMs);
      await scene.expectAllWell();
      expect(witness.count().repeated).toBe(0);
      expect(gateway.hasExited()).toBe(false);
      await gateway.kill();
    },
  );
});

describe.each(testStores.filter(({ name }) => name === "sqlite"))(
  "a database file that another program keeps locked, on $name",
  (stores) => {
    test(
      "holds deliveries up, and what was taken meanwhile is recorded, not sent again",
      { timeout: 120_000 },
      async () => {
        const seed = takeSeed("delivering beside a lock");
        const scene = await makeDeliveryScene(stores, makeConducts(createChance(seed + 100)), seed);
        const { database, witness } = scene;
        const gateway = await startGatewayProcess(database.url, { env: deliveryEnv });
        const load = scene.startLoad(() => gateway);
        await waitUntil("it delivers", () => witness.count().taken > 100);
        await database.store.transaction(() => delay(5_000));
        const { taken } = witness.count();
        await waitUntil("it delivers again", () => witness.count().taken > taken + 100);
        await load.end();
        await waitUntil("all is delivered", () => scene.isDone());
        await scene.expectAllWell();
        expect(witness.count().repeated).toBe(0);
        await gateway.kill();
      },
    );
  },
);
