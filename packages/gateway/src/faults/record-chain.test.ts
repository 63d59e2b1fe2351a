import { settlesAt, type Month } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { verifyRecord } from "../record/verify-record.ts";
import { operatorRecord } from "../record/chain.ts";
import { createSealer } from "../secrets/sealer.ts";
import { listOwnersWithWaiting } from "../store/audit-links.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { testSecretKey } from "../testing/start-test-gateway.ts";
import { findFaults } from "./find-faults.ts";
import { openDatabase } from "./open-database.ts";
import { createChance, takeSeed } from "./random.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

/** SQLite is one gateway's; what is killed there is taken up by the next. */
const processCounts = { sqlite: 1, postgres: 6 } as const;
const kills = Math.ceil(Number(process.env["EVERGATE_FAULTS_KILLS"] ?? "5") / 3);

describe.each(testStores)("the record's chain, on $name", (stores) => {
  test(
    "every entry is linked exactly once, by as many processes as there are and whichever are killed (R26)",
    { timeout: 180_000 + kills * 10_000 },
    async () => {
      const seed = takeSeed(`record-chain ${stores.name}`);
      const { url, store, gateway } = await openDatabase(stores);
      const world = await makeWorld(gateway, { mode: "live" });
      const ids = await Promise.all(
        Array.from({ length: 8 }, async () => (await world.subscribe({ quantity: 1 })).id),
      );
      // A month ends under their hands: what the clock does is linked at once, beside the others.
      const clockOffsetMs = settlesAt("2026-11" as Month, "Europe/Bratislava") - Date.now() - 5_000;
      const gateways: GatewayProcess[] = await Promise.all(
        Array.from({ length: processCounts[stores.name] }, () =>
          startGatewayProcess(url, { clockOffsetMs }),
        ),
      );
      const stream = { isOver: false };
      let answered = 0;
      const clients = Array.from({ length: 6 }, async (_, client) => {
        const chance = createChance(seed + client);
        while (!stream.isOver) {
          const api = chance.pick(gateways).api(world.partner.apiKey.secret);
          const path = `/v1/subscriptions/${chance.pick(ids)}`;
          const body = { metadata: { turn: String(chance.between(1, 1_000_000)) } };
          const reply = await api.call("PATCH", path, body).catch(() => null);
          if (reply?.status === 200) answered += 1;
          // The one that was asked is dead, and its successor not yet there.
          else await new Promise((resolve) => setTimeout(resolve, 20));
        }
      });
      const chance = createChance(seed);
      for (let count = 0; count < kills; count++) {
        const before = answered;
        await waitUntil("commands are carried out", () => answered > before + 30);
        const index = chance.between(0, gateways.length - 1);
        await gateways[index]?.kill();
        gateways[index] = await startGatewayProcess(url, { clockOffsetMs });
      }
      stream.isOver = true;
      await Promise.all(clients);
      await waitUntil(
        "every entry has its link",
        async () => (await listOwnersWithWaiting(store.reader)).length === 0,
        () => gateways.map((one) => one.readLog()),
      );
      await Promise.all(gateways.map((one) => one.kill()));
      expect(await findFaults(store)).toEqual([]);
      const sealer = createSealer(testSecretKey);
      for (const owner of [operatorRecord, world.partner.id]) {
        const found = await verifyRecord(store.reader, sealer, owner);
        expect(found).toMatchObject({ pending: 0, key: "fits", faults: [] });
        const { entries } = await store.reader
          .selectFrom("audit_log")
          .select(({ fn }) => fn.countAll<number>().as("entries"))
          .where("partner", "=", owner)
          .executeTakeFirstOrThrow();
        expect(found.entries).toBe(entries);
      }
      const { entries } = await verifyRecord(store.reader, sealer, world.partner.id);
      expect(entries).toBeGreaterThan(answered);
    },
  );
});
