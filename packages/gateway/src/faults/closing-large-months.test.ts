import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { testStores } from "../testing/open-test-stores.ts";
import { countUnplacedEvents, findFaults } from "./find-faults.ts";
import { beginOf, makeLargePartners, readBilled, type LargePartner } from "./large-month.ts";
import { openDatabase, type FaultDatabase } from "./open-database.ts";
import { createChance, takeSeed } from "./random.ts";
import { launchGatewayProcess, startGatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

/** `pnpm faults` kills for as long as one likes; a build has less time, and closes months of fewer chunks. */
const asked = process.env["EVERGATE_FAULTS_KILLS"];
const kills = Number(asked ?? "4");
/** More than a settlement takes in one chunk. */
const size = asked === undefined ? 1_200 : 2_300;
/** A month of both partners takes about so long on a quiet machine, the start of the process included. */
const longestLifeMs = 2_000;
const processCount = 6;

const december = Temporal.PlainYearMonth.from("2026-12");

/** By how much the clock has to be shifted to be just after the end of the month that is `index` after December 2026. */
function offsetAfter(index: number): number {
  return beginOf(december.add({ months: index + 1 })) + 1_000 - Date.now();
}

async function isSettled({ store }: FaultDatabase, index: number): Promise<boolean> {
  const next = december.add({ months: index + 1 }).toString();
  const late = await store.reader
    .selectFrom("partners")
    .select("id")
    .where("settlement_month", "<", next)
    .execute();
  return late.length === 0 && (await countUnplacedEvents(store.reader)) === 0;
}

async function expectBills(
  database: FaultDatabase,
  partners: readonly LargePartner[],
  months: number,
): Promise<void> {
  expect(await findFaults(database.store)).toEqual([]);
  for (const { world, expected } of partners)
    expect(await readBilled(world)).toEqual(Array.from({ length: months }, () => expected));
}

describe.each(testStores)("closing months of many chunks, on $name", (stores) => {
  test(
    "killed at any point, again and again, every month has its bill, of every charge once (R22, R24)",
    { timeout: 120_000 + kills * 6_000 },
    async () => {
      const chance = createChance(takeSeed(`closing-large-months ${stores.name}`));
      const database = await openDatabase(stores);
      const partners = await makeLargePartners(database.gateway, size);
      let index = 0;
      let within = 0;
      for (let count = 0; count < kills; count++) {
        const gateway = launchGatewayProcess(database.url, { clockOffsetMs: offsetAfter(index) });
        await delay(chance.between(300, longestLifeMs));
        await gateway.kill();
        if (await isSettled(database, index)) index += 1;
        else within += 1;
      }
      const last = await startGatewayProcess(database.url, { clockOffsetMs: offsetAfter(index) });
      await waitUntil("the last month is settled", () => isSettled(database, index), last.readLog);
      await last.kill();
      process.stdout.write(
        `closing-large-months ${stores.name}: ${kills} kills, ${within} of them within a month's close; ${index + 1} months\n`,
      );
      await expectBills(database, partners, index + 1);
    },
  );
});

describe.each(testStores.filter(({ name }) => name === "postgres"))(
  "six processes that close the same months at once, on $name",
  (stores) => {
    test(
      "come to one bill a month, of every charge once, also where some of them are killed (R24)",
      { timeout: 180_000 },
      async () => {
        const chance = createChance(takeSeed(`six processes ${stores.name}`));
        const database = await openDatabase(stores);
        const partners = await makeLargePartners(database.gateway, size);
        const months = 2;
        for (let index = 0; index < months; index++) {
          const clockOffsetMs = offsetAfter(index);
          const gateways = Array.from({ length: processCount }, () =>
            launchGatewayProcess(database.url, { clockOffsetMs }),
          );
          for (const gateway of gateways.slice(0, processCount / 2)) {
            await delay(chance.between(0, longestLifeMs));
            await gateway.kill();
          }
          await waitUntil("the month is settled", () => isSettled(database, index));
          await Promise.all(gateways.map((gateway) => gateway.kill()));
        }
        await expectBills(database, partners, months);
      },
    );
  },
);
