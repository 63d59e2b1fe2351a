import { settlesAt, toInstant, type Month } from "@evergate/core";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld, type Reply } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { countUnplacedEvents, findFaults } from "./find-faults.ts";
import { openDatabase } from "./open-database.ts";
import { makePopulation } from "./population.ts";
import { createChance, takeSeed } from "./random.ts";
import { readLedgers } from "./read-ledger.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

type Schemas = components["schemas"];

const goal = toInstant(Date.UTC(2027, 3, 2, 9));
const processCount = 3;

describe.each(testStores.filter(({ name }) => name === "postgres"))(
  "three gateway processes over one database, on $name",
  (stores) => {
    const startAll = (
      url: string,
      clockOffsetMs: number,
      count: number = processCount,
    ): Promise<readonly GatewayProcess[]> =>
      Promise.all(Array.from({ length: count }, () => startGatewayProcess(url, { clockOffsetMs })));
    const pick = (gateways: readonly GatewayProcess[], index: number): GatewayProcess => {
      const gateway = gateways[index % gateways.length];
      if (gateway === undefined) throw new Error("No gateway runs.");
      return gateway;
    };
    const expectNoComplaint = (gateways: readonly GatewayProcess[]): void =>
      expect(gateways.map((gateway) => gateway.readLog().trim())).toEqual(gateways.map(() => ""));

    test(
      "months caught up by all of them at once come to the very charges, bills and events that one alone comes to (R3, R24, R27)",
      { timeout: 120_000 },
      async () => {
        const seed = takeSeed("many-processes");
        const ledgers = [];
        for (const count of [1, processCount]) {
          const { url, store, gateway } = await openDatabase(stores);
          const worlds = await makePopulation(gateway, {
            mode: "live",
            subscriptionsPerPartner: 40,
            seed,
          });
          const gateways = await startAll(url, goal - Date.now(), count);
          await waitUntil("everything due has been done", async () => {
            const late = await store.reader
              .selectFrom("partners")
              .select("id")
              .where("settlement_due_at", "<=", goal)
              .execute();
            const due = await store.reader
              .selectFrom("subscriptions")
              .select("id")
              .where("due_at", "<=", goal)
              .limit(1)
              .execute();
            return (
              late.length + due.length === 0 && (await countUnplacedEvents(store.reader)) === 0
            );
          });
          expectNoComplaint(gateways);
          await Promise.all(gateways.map((one) => one.kill()));
          expect(await findFaults(store)).toEqual([]);
          const found = await readLedgers(store, { withBillNumbers: false });
          ledgers.push(
            worlds.map(({ partner }) => ({ name: partner.name, ...found.get(partner.id) })),
          );
        }
        expect(ledgers[1]).toEqual(ledgers[0]);
      },
    );

    test(
      "commands on one subscription through all of them are carried out one after another: versions distinct, no number missing (R26, R27)",
      { timeout: 60_000 },
      async () => {
        const { url, store, gateway } = await openDatabase(stores);
        const world = await makeWorld(gateway, { mode: "live" });
        const { id } = await world.subscribe({ quantity: 1 });
        const gateways = await startAll(url, 0);
        // What has come due since the test's own day is carried out before the first command (R2), and counts too.
        const { version } = await pick(gateways, 0)
          .api(world.partner.apiKey.secret)
          .ask<Schemas["Subscription"]>("PATCH", `/v1/subscriptions/${id}`, {
            metadata: { a: "b" },
          });
        const replies: Reply<Schemas["Subscription"]>[] = await Promise.all(
          Array.from({ length: 90 }, (_, index) =>
            pick(gateways, index)
              .api(world.partner.apiKey.secret)
              .call<Schemas["Subscription"]>("PATCH", `/v1/subscriptions/${id}`, {
                quantity: index + 2,
              }),
          ),
        );
        expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
        expect(
          replies.map(({ body }) => body.version).toSorted((one, other) => one - other),
        ).toEqual(replies.map((_, index) => version + index + 1));
        // One and the same key through all of them: one effect, and one answer for everybody who does not come in between.
        const repeated = await Promise.all(
          Array.from({ length: 12 }, (_, index) =>
            pick(gateways, index)
              .api(world.partner.apiKey.secret)
              .call<Schemas["Subscription"]>(
                "PATCH",
                `/v1/subscriptions/${id}`,
                { quantity: 500 },
                { headers: { "idempotency-key": "one" } },
              ),
          ),
        );
        expect(
          repeated.map(({ status }) => status).filter((status) => status !== 200 && status !== 409),
        ).toEqual([]);
        expect(
          new Set(repeated.filter(({ status }) => status === 200).map(({ body }) => body.version)),
        ).toEqual(new Set([version + 91]));
        await waitUntil(
          "every event has its place",
          async () => (await countUnplacedEvents(store.reader)) === 0,
        );
        expect(await findFaults(store)).toEqual([]);
        expectNoComplaint(gateways);
        await Promise.all(gateways.map((one) => one.kill()));
      },
    );

    test(
      "a month is settled, and changes of one thing lose nothing, while all of them are under an unbroken stream of commands, and one is killed (R22, R24)",
      { timeout: 60_000 },
      async () => {
        const seed = takeSeed("many-processes under load");
        const { url, store, gateway } = await openDatabase(stores);
        const world = await makeWorld(gateway, { mode: "live" });
        const ids = await Promise.all(
          Array.from({ length: 12 }, async () => (await world.subscribe()).id),
        );
        const customer =
          (await world.api.ask<Schemas["CustomerList"]>("GET", "/v1/customers")).data[0]?.id ?? "";
        const monthEndsAt = settlesAt("2026-12" as Month, "Europe/Bratislava");
        const gateways = await startAll(url, monthEndsAt - Date.now() - 5_000);
        const statuses = new Map<string, number>();
        const stream = { isOver: false };
        const streams = Array.from({ length: 9 }, async (_, client) => {
          const chance = createChance(seed + client);
          const secret = world.partner.apiKey.secret;
          for (let count = 0; !stream.isOver; count++) {
            // Only the first two are sure to live.
            const api = pick(gateways.slice(0, 2), client + count).api(secret);
            const [method, path, body] = chance.pick([
              [
                "PATCH",
                `/v1/subscriptions/${chance.pick(ids)}`,
                { quantity: chance.between(1, 100) },
              ] as const,
              [
                "PATCH",
                `/v1/subscriptions/${chance.pick(ids)}`,
                { quantity: chance.between(1, 100) },
              ] as const,
              ["GET", "/v1/events?limit=5", undefined] as const,
              [
                "PATCH",
                `/v1/customers/${customer}`,
                { metadata: { [`client-${client}`]: String(count) } },
              ] as const,
            ]);
            const { status } = await api.call(method, path, body);
            statuses.set(`${method} ${status}`, (statuses.get(`${method} ${status}`) ?? 0) + 1);
          }
        });
        const isSettled = waitUntil(
          "the month is settled",
          async () => (await store.reader.selectFrom("bills").select("id").execute()).length === 1,
          () => gateways.map((one) => one.readLog()),
        );
        await pick(gateways, 2).kill();
        await isSettled;
        stream.isOver = true;
        await Promise.all(streams);
        await waitUntil(
          "every event has its place",
          async () => (await countUnplacedEvents(store.reader)) === 0,
        );
        expect([...statuses.keys()].toSorted()).toEqual(["GET 200", "PATCH 200"]);
        expect(await findFaults(store)).toEqual([]);
        // What each change of the customer found before it is what the one before has left: none was lost in between.
        const { rows } = await sql<{
          before: string;
          after: string;
        }>`select "before", "after" from audit_log where subject = ${customer} and action = 'updateCustomer' order by id`.execute(
          store.reader,
        );
        const [afters, befores] = [
          rows.map(({ after }) => after),
          rows.map(({ before }) => before),
        ];
        expect(befores.slice(1).filter((before) => !afters.includes(before))).toEqual([]);
        expect(new Set(befores).size).toBe(befores.length);
        expectNoComplaint(gateways);
        process.stdout.write(`many-processes: ${JSON.stringify(Object.fromEntries(statuses))}\n`);
        await Promise.all(gateways.map((one) => one.kill()));
      },
    );
  },
);
