import { setTimeout as delay } from "node:timers/promises";
import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { testStores, type TestStores } from "../testing/open-test-stores.ts";
import type { World } from "../testing/api.ts";
import { countUnplacedEvents, findFaults } from "./find-faults.ts";
import { openDatabase, type FaultDatabase } from "./open-database.ts";
import { makePopulation, type PopulationOptions } from "./population.ts";
import { createChance, takeSeed, type Chance } from "./random.ts";
import { readLedgers, type Ledger, type LedgerOptions } from "./read-ledger.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

/** `pnpm faults` kills for as long as one likes; a build has less time. */
const kills = Number(process.env["EVERGATE_FAULTS_KILLS"] ?? "6");
const goal = toInstant(Date.UTC(2027, 3, 2, 9));
const size = Number(process.env["EVERGATE_FAULTS_SUBSCRIPTIONS"] ?? "70");
const timeoutMs = 120_000 + kills * 4_000;

interface Scene {
  readonly database: FaultDatabase;
  readonly worlds: readonly World[];
  readonly start: () => Promise<GatewayProcess>;
}

const scenes: readonly { readonly mode: PopulationOptions["mode"]; readonly ledger: LedgerOptions; readonly clockOffsetMs: number }[] = [
  { mode: "sandbox", ledger: { withBillNumbers: true }, clockOffsetMs: 0 },
  // All that is due by a spring day has to be done, by the time at which the process believes to be started.
  { mode: "live", ledger: { withBillNumbers: false }, clockOffsetMs: goal - Date.now() },
];

async function makeScene(stores: TestStores, { mode, clockOffsetMs }: (typeof scenes)[number], seed: number): Promise<Scene> {
  const database = await openDatabase(stores);
  const worlds = await makePopulation(database.gateway, { mode, subscriptionsPerPartner: size, seed });
  return { database, worlds, start: () => startGatewayProcess(database.url, { clockOffsetMs }) };
}

/** Tells every sandbox to go on to the goal; a live partner is told by the clock. Answers are not waited for: they may never come. */
function tell(gateway: GatewayProcess, worlds: readonly World[]): Promise<unknown>[] {
  return worlds
    .filter(({ partner }) => partner.mode === "sandbox")
    .map(({ partner }) => gateway.api(partner.apiKey.secret).call("POST", "/v1/sandbox/clock/advance", { to: new Date(goal).toISOString() }));
}

/** Whether nothing is due any more and every event has its place. */
async function isDone({ database: { store } }: Scene): Promise<boolean> {
  const partners = await store.reader.selectFrom("partners").select(["clock_at", "clock_target_at", "settlement_month", "mode"]).execute();
  const due = await store.reader.selectFrom("subscriptions").select("id").where("due_at", "<=", goal).limit(1).execute();
  return (
    due.length === 0 &&
    partners.every((partner) => partner.settlement_month === "2027-04" && partner.clock_target_at === null && (partner.mode === "live" || partner.clock_at === goal)) &&
    (await countUnplacedEvents(store.reader)) === 0
  );
}

async function waitUntilDone(scene: Scene, gateway: GatewayProcess): Promise<void> {
  await waitUntil("everything due has been done", () => isDone(scene), () => gateway.readLog());
}

/** Kills the process again and again, at moments between its first breath and long after its work has begun. */
async function killAgainAndAgain(scene: Scene, chance: Chance): Promise<number> {
  let count = 0;
  for (let isTold = false; count < kills && !(await isDone(scene)); count++) {
    const gateway = await scene.start();
    const orders = isTold ? [] : tell(gateway, scene.worlds);
    const settled = Promise.allSettled(orders);
    if (!isTold) isTold = await isEverythingTold(scene);
    await delay(chance.between(0, 60));
    await gateway.kill();
    await settled;
  }
  return count;
}

/** The goal is stored before anything is done; from then on the gateway has to come to it by itself. */
async function isEverythingTold({ database: { store }, worlds }: Scene): Promise<boolean> {
  if (worlds.every(({ partner }) => partner.mode === "live")) return true;
  await waitUntil("every goal is stored", async () => {
    const told = await store.reader.selectFrom("partners").select("id").where((where) => where.or([where("clock_target_at", "=", goal), where("clock_at", "=", goal)])).execute();
    return told.length === worlds.length;
  });
  return true;
}

function toLedgerByName(worlds: readonly World[], ledgers: ReadonlyMap<string, Ledger>): Record<string, Ledger | undefined> {
  return Object.fromEntries(worlds.map(({ partner }) => [partner.name, ledgers.get(partner.id)]));
}

describe.each(testStores)("killed while catching up, on $name", (stores) => {
  test.each(scenes)("a $mode gateway killed again and again comes by itself to the very charges, bills and events of one that was left alone (R3, R24, R27)", { timeout: timeoutMs }, async (setting) => {
    const seed = takeSeed(`kill-while-catching-up ${stores.name} ${setting.mode}`);
    const left = await makeScene(stores, setting, seed);
    const undisturbed = await left.start();
    await Promise.all(tell(undisturbed, left.worlds));
    await waitUntilDone(left, undisturbed);
    await undisturbed.kill();

    const killed = await makeScene(stores, setting, seed);
    const count = await killAgainAndAgain(killed, createChance(seed));
    const last = await killed.start();
    await waitUntilDone(killed, last);
    await last.kill();
    process.stdout.write(`kill-while-catching-up ${stores.name} ${setting.mode}: ${count} kills before all was done\n`);

    expect(await findFaults(left.database.store)).toEqual([]);
    expect(await findFaults(killed.database.store)).toEqual([]);
    const expected = toLedgerByName(left.worlds, await readLedgers(left.database.store, setting.ledger));
    const found = toLedgerByName(killed.worlds, await readLedgers(killed.database.store, setting.ledger));
    expect(Object.values(expected).every((ledger) => ledger !== undefined && ledger.bills.length >= 3)).toBe(true);
    expect(found).toEqual(expected);
  });
});
