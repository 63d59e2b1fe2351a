import { setTimeout as delay } from "node:timers/promises";
import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import type { World } from "../testing/api.ts";
import { testStores, type TestStores } from "../testing/open-test-stores.ts";
import { countUnplacedEvents, findFaults } from "./find-faults.ts";
import { openDatabase, type FaultDatabase } from "./open-database.ts";
import { makePopulation } from "./population.ts";
import { createChance, takeSeed, type Chance } from "./random.ts";
import { readLedger, type Ledger } from "./read-ledger.ts";
import {
  launchGatewayProcess,
  startGatewayProcess,
  type GatewayProcess,
} from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

/** `pnpm faults` kills for as long as one likes; a build has less time. */
const kills = Number(process.env["EVERGATE_FAULTS_KILLS"] ?? "4");
const size = Number(process.env["EVERGATE_FAULTS_SUBSCRIPTIONS"] ?? "24");
const timeoutMs = 120_000 + kills * 4_000;

/** So far the sandboxes are told to go; for live partners it is the time at which the processes believe to be started. */
const goal = toInstant(Date.UTC(2027, 3, 2, 9));
const clockOffsetMs = goal - Date.now();

interface Scene {
  readonly database: FaultDatabase;
  /** Partners of every kind, each once live and once in a sandbox. */
  readonly worlds: readonly World[];
}

async function makeScene(stores: TestStores, seed: number): Promise<Scene> {
  const database = await openDatabase(stores);
  const worlds = [
    ...(await makePopulation(database.gateway, {
      mode: "sandbox",
      subscriptionsPerPartner: size,
      seed,
    })),
    ...(await makePopulation(database.gateway, {
      mode: "live",
      subscriptionsPerPartner: size,
      seed: seed + 1,
    })),
  ];
  return { database, worlds };
}

function start({ database }: Scene): Promise<GatewayProcess> {
  return startGatewayProcess(database.url, { clockOffsetMs });
}

/**
 * Tells every sandbox that has not heard it to go to the goal; the answers may never come.
 * The goal is stored before anything is done: from then on the gateway has to come to it by itself.
 */
async function tell({ worlds, database }: Scene, gateway: GatewayProcess): Promise<void> {
  const partners = await database.store.reader
    .selectFrom("partners")
    .select(["id", "mode", "clock_at", "clock_target_at"])
    .execute();
  const deaf = new Set(
    partners
      .filter(
        (partner) =>
          partner.mode === "sandbox" &&
          partner.clock_target_at !== goal &&
          partner.clock_at !== goal,
      )
      .map(({ id }) => id),
  );
  await Promise.allSettled(
    worlds
      .filter(({ partner }) => deaf.has(partner.id))
      .map(({ partner }) =>
        gateway
          .api(partner.apiKey.secret)
          .call("POST", "/v1/sandbox/clock/advance", { to: new Date(goal).toISOString() }),
      ),
  );
}

async function countEvents({ database: { store } }: Scene): Promise<number> {
  const { count } = await store.reader
    .selectFrom("events")
    .select((select) => select.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

/** Whether nothing is due any more and every event has its place. */
async function isDone({ database: { store } }: Scene): Promise<boolean> {
  const partners = await store.reader
    .selectFrom("partners")
    .select(["clock_at", "clock_target_at", "settlement_month", "mode"])
    .execute();
  const due = await store.reader
    .selectFrom("subscriptions")
    .select("id")
    .where("due_at", "<=", goal)
    .limit(1)
    .execute();
  return (
    due.length === 0 &&
    partners.every(
      (partner) =>
        partner.settlement_month === "2027-04" &&
        partner.clock_target_at === null &&
        (partner.mode === "live" || partner.clock_at === goal),
    ) &&
    (await countUnplacedEvents(store.reader)) === 0
  );
}

async function waitUntilDone(scene: Scene, gateway: GatewayProcess): Promise<void> {
  await waitUntil("everything due has been done", () => isDone(scene), gateway.readLog);
}

/**
 * Kills the process again and again, each time when it has come some way: `wayLength` events in all are to come.
 * Answers how often, and how often in the midst of its work.
 */
async function killAgainAndAgain(
  scene: Scene,
  wayLength: number,
  chance: Chance,
): Promise<{ count: number; within: number }> {
  let within = 0;
  for (let count = 0; count < kills; count++) {
    const before = await countEvents(scene);
    const gateway = launchGatewayProcess(scene.database.url, { clockOffsetMs });
    const told = gateway.started.then((started) => tell(scene, started));
    let isToldAll = false;
    told.then(
      () => (isToldAll = true),
      () => {},
    );
    const until = before + chance.between(0, Math.ceil(wayLength / kills));
    await waitUntil(
      "it has come some way",
      async () => (await countEvents(scene)) >= until || (isToldAll && (await isDone(scene))),
      undefined,
      3,
    );
    await delay(chance.between(0, 30));
    await gateway.kill();
    await told.catch(() => {});
    if (await isDone(scene)) return { count: count + 1, within };
    if ((await countEvents(scene)) > before) within++;
  }
  return { count: kills, within };
}

async function readAll({ worlds, database: { store } }: Scene): Promise<Record<string, Ledger>> {
  const ledgers: Record<string, Ledger> = {};
  for (const { partner } of worlds)
    ledgers[`${partner.mode} ${partner.name}`] = await readLedger(store, partner.id, {
      withBillNumbers: partner.mode === "sandbox",
    });
  return ledgers;
}

describe.each(testStores)("killed while catching up, on $name", (stores) => {
  test(
    "a gateway killed again and again comes by itself to the very charges, bills and events of one that was left alone (R3, R24, R27)",
    { timeout: timeoutMs },
    async () => {
      const seed = takeSeed(`kill-while-catching-up ${stores.name}`);
      const left = await makeScene(stores, seed);
      const before = await countEvents(left);
      const undisturbed = await start(left);
      await tell(left, undisturbed);
      await waitUntilDone(left, undisturbed);
      await undisturbed.kill();

      const killed = await makeScene(stores, seed);
      const { count, within } = await killAgainAndAgain(
        killed,
        (await countEvents(left)) - before,
        createChance(seed),
      );
      const last = await start(killed);
      await tell(killed, last);
      await waitUntilDone(killed, last);
      await last.kill();
      process.stdout.write(
        `kill-while-catching-up ${stores.name}: ${count} kills, ${within} of them in the midst of the work\n`,
      );

      expect(await findFaults(left.database.store)).toEqual([]);
      expect(await findFaults(killed.database.store)).toEqual([]);
      const expected = await readAll(left);
      expect(
        Object.values(expected)
          .map(({ bills }) => bills.length)
          .filter((bills) => bills < 3),
      ).toEqual([]);
      expect(await readAll(killed)).toEqual(expected);
    },
  );
});
