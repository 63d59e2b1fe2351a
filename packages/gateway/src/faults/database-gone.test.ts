import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settlesAt, toInstant, type Month } from "@evergate/core";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { catchUp } from "../clockwork/catch-up.ts";
import { toPartnerId } from "../ids.ts";
import { openPostgres } from "../store/open-postgres.ts";
import { StoreUnavailableError } from "../store/store.ts";
import type { components } from "../generated/api.ts";
import { makeWorld, type Api, type Reply } from "../testing/api.ts";
import { testStores, type TestStores } from "../testing/open-test-stores.ts";
import { startPostgres, type PostgresServer } from "../testing/start-postgres.ts";
import { countUnplacedEvents, findFaults } from "./find-faults.ts";
import { openDatabase } from "./open-database.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

type Schemas = components["schemas"];

const monthEndsAt = settlesAt("2026-12" as Month, "Europe/Bratislava");

/** An answer that says "not now" as the contract has it: a problem, and when to try again. */
function expectUnavailable(reply: Reply<unknown>): void {
  expect(reply).toMatchObject({
    status: 503,
    body: { status: 503, code: "unavailable", type: "urn:evergate:problem:unavailable" },
  });
  expect(reply.headers.get("content-type")).toContain("application/problem+json");
  expect(reply.headers.get("retry-after")).toMatch(/^\d+$/);
}

/** Asks until the gateway works as before. */
async function waitUntilWell(api: Api, gateway?: GatewayProcess): Promise<void> {
  await waitUntil(
    "the gateway works again",
    async () => (await api.call("GET", "/v1/subscriptions")).status === 200,
    () => gateway?.readLog(),
  );
}

describe("PostgreSQL ends under a running gateway", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test.each(["SIGINT", "SIGQUIT", "SIGKILL"] as const)(
    "by %s: 503 for everything but /healthz, no crash, and all goes on by itself once it is back (R3)",
    { timeout: 90_000 },
    async (signal) => {
      const database = `gone_${signal.toLowerCase()}`;
      const url = new URL(server.url);
      const first = openPostgres(url.href, 1);
      await sql.raw(`create database ${database}`).execute(first.reader);
      await first.close();
      url.pathname = `/${database}`;
      const stores: TestStores = {
        name: "postgres",
        open: () => Promise.reject(new Error("Not here.")),
        createDatabase: async () => ({ url: url.href, remove: async () => {} }),
      };
      const { store, gateway } = await openDatabase(stores);
      const world = await makeWorld(gateway, { mode: "live" });
      const { id } = await world.subscribe();

      const running = await startGatewayProcess(url.href, {
        clockOffsetMs: monthEndsAt - Date.now() - 2_500,
      });
      const api = running.api(world.partner.apiKey.secret);
      await waitUntilWell(api, running);
      // A month ends while the database is gone, and commands are under way as it goes.
      const load = { isOver: false };
      const seen = new Set<number>();
      const stream = Array.from({ length: 6 }, async (_, client) => {
        for (let count = 0; !load.isOver; count++) {
          const { status } = await api.call(
            "PATCH",
            `/v1/subscriptions/${id}`,
            { quantity: 10 + ((count + client) % 5) },
            { headers: { "idempotency-key": `gone-${client}-${count}` } },
          );
          seen.add(status);
        }
      });
      await waitUntil("commands are carried out", () => seen.has(200));
      await server.interrupt(signal);
      await waitUntil("commands are refused", () => seen.has(503), running.readLog);
      expectUnavailable(await api.call("GET", `/v1/subscriptions/${id}`));
      expectUnavailable(await api.call("PATCH", `/v1/subscriptions/${id}`, { quantity: 4 }));
      expectUnavailable(await api.call("GET", "/v1/events"));
      expect((await api.call("GET", "/healthz")).status).toBe(200);
      expect((await api.call("GET", "/readyz")).status).toBe(503);
      await waitUntil("the month has ended", () => Date.now() - running.startedAtMs > 2_600);
      load.isOver = true;
      await Promise.all(stream);
      expect([...seen].toSorted()).toEqual([200, 503]);
      expect(running.hasExited()).toBe(false);

      await server.resume();
      await waitUntilWell(api, running);
      expect((await api.call("GET", "/readyz")).status).toBe(200);
      await waitUntil(
        "the month is settled",
        async () => (await api.ask<Schemas["BillList"]>("GET", "/v1/bills")).data.length === 1,
        running.readLog,
      );
      expect(
        (
          await api.call(
            "PATCH",
            `/v1/subscriptions/${id}`,
            { quantity: 33 },
            { headers: { "idempotency-key": "after" } },
          )
        ).status,
      ).toBe(200);
      await waitUntil(
        "every event has its place",
        async () => (await countUnplacedEvents(store.reader)) === 0,
      );
      expect(await findFaults(store)).toEqual([]);
      const [bill] = (await api.ask<Schemas["BillList"]>("GET", "/v1/bills")).data;
      expect(bill).toMatchObject({
        month: "2026-12",
        issuedAt: "2026-12-31T23:00:00Z",
        lineCount: 1,
      });
      expect(running.hasExited()).toBe(false);
      await running.kill();
    },
  );

  test("a process that stands still in a transaction does not hold its locks for ever", async () => {
    const store = openPostgres(server.url, 3, 100);
    onTestFinished(() => store.close());
    await sql`create table still (id int primary key)`.execute(store.reader);
    await sql`insert into still values (1)`.execute(store.reader);
    const held = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const frozen = store.transaction(async (tx) => {
      await sql`select * from still for update`.execute(tx);
      held.resolve();
      await released.promise;
      await sql`delete from still`.execute(tx);
    });
    await held.promise;
    // Waits for the frozen one's lock, gets it once PostgreSQL has ended that transaction, and finds nothing changed.
    await waitUntil("the row can be locked", async () => {
      const { rows } = await sql`select * from still for update skip locked`.execute(store.reader);
      return rows.length === 1;
    });
    released.resolve();
    const error: unknown = await frozen.catch((error: unknown) => store.translate(error));
    expect(error).toBeInstanceOf(StoreUnavailableError);
  });
});

const sqlite = testStores.filter(({ name }) => name === "sqlite");

describe.each(sqlite)("an SQLite file that takes no more, on $name", (stores) => {
  test.each([
    { what: "full", spoil: "pragma max_page_count = 1" },
    { what: "read-only", spoil: "pragma query_only = on" },
  ])(
    "$what: commands and the clock's work are refused whole, reading goes on, and all is made up for later (R3)",
    async ({ spoil }) => {
      const { url, store, gateway } = await openDatabase(stores);
      const world = await makeWorld(gateway, { mode: "live" });
      const { id } = await world.subscribe();
      // Both hold for the writing connection alone. SQLite sets no limit below what the file has: it is soon reached.
      await store.transaction((tx) => sql.raw(spoil).execute(tx));
      const call = (api: Api, key: string): Promise<Reply<unknown>> =>
        api.call(
          "POST",
          "/v1/subscriptions",
          {
            customer: { name: "Another" },
            product: world.products.b.id,
            quantity: 1,
            metadata: { note: "y".repeat(450) },
          },
          { headers: { "idempotency-key": key } },
        );
      let count = 0;
      let reply = await call(world.api, "0");
      while (reply.status === 201 && count < 500) reply = await call(world.api, String(++count));
      expectUnavailable(reply);
      // Several at once share a commit, and its failure.
      for (const refused of await Promise.all(
        Array.from({ length: 5 }, (_, index) => call(world.api, `together-${index}`)),
      ))
        expectUnavailable(refused);
      const { data } = await world.api.ask<Schemas["SubscriptionList"]>(
        "GET",
        "/v1/subscriptions?limit=200",
      );
      expect(data).toHaveLength(Math.min(200, count + 1));
      expect((await world.api.call("GET", `/v1/subscriptions/${id}`)).status).toBe(200);
      expect((await world.api.call("GET", "/readyz")).status).toBe(200);
      gateway.setNow(toInstant(monthEndsAt + 1));
      await expect(
        catchUp(
          { ...gateway.gateway.services, now: () => toInstant(monthEndsAt + 1) },
          toPartnerId(world.partner.id),
          toInstant(monthEndsAt + 1),
        ),
      ).rejects.toThrow(/full|readonly/);
      expect(await findFaults(store)).toEqual([]);
      expect(await store.reader.selectFrom("charges").select("id").execute()).toEqual([]);

      const running = await startGatewayProcess(url, {
        clockOffsetMs: monthEndsAt + 1 - Date.now(),
      });
      expect((await call(running.api(world.partner.apiKey.secret), String(count))).status).toBe(
        201,
      );
      await waitUntil(
        "the clock's work is made up for",
        async () => (await store.reader.selectFrom("bills").select("id").execute()).length === 1,
        running.readLog,
      );
      await running.kill();
      expect(await findFaults(store)).toEqual([]);
    },
  );

  test.skipIf(!canMount())(
    "a gateway process on a full disk answers 503 and lives, and goes on where it was once there is room again (R3)",
    { timeout: 60_000 },
    async () => {
      const directory = mkdtempSync(join(tmpdir(), "evergate-full-"));
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", directory]);
      onTestFinished(() => {
        execFileSync("umount", [directory]);
        rmSync(directory, { recursive: true });
      });
      const url = `file:${join(directory, "evergate.db")}`;
      const { store, gateway } = await openDatabase({
        ...stores,
        createDatabase: async () => ({ url, remove: async () => {} }),
      });
      const world = await makeWorld(gateway, { mode: "live" });
      const { id } = await world.subscribe();
      const running = await startGatewayProcess(url, {
        clockOffsetMs: monthEndsAt - Date.now() - 4_000,
      });
      const api = running.api(world.partner.apiKey.secret);
      const order = (count: number): Promise<Reply<unknown>> =>
        api.call(
          "PATCH",
          `/v1/subscriptions/${id}`,
          { metadata: { note: String(count).padEnd(400, "x") } },
          { headers: { "idempotency-key": `full-${count}` } },
        );
      expect((await order(0)).status).toBe(200);
      const ballast = join(directory, "ballast");
      fillDisk(ballast);
      let count = 1;
      let reply = await order(count);
      while (reply.status === 200 && count < 2_000) reply = await order(++count);
      expectUnavailable(reply);
      await waitUntil(
        "the month has ended on a full disk",
        () => Date.now() - running.startedAtMs > 4_500,
      );
      expect(await store.reader.selectFrom("bills").select("id").execute()).toEqual([]);
      expectUnavailable(await order(count));
      expect((await api.call("GET", `/v1/subscriptions/${id}`)).status).toBe(200);
      expect((await api.call("GET", "/healthz")).status).toBe(200);

      rmSync(ballast);
      expect((await order(count)).status).toBe(200);
      await waitUntil(
        "the month is settled",
        async () => (await store.reader.selectFrom("bills").select("id").execute()).length === 1,
        running.readLog,
      );
      await waitUntil(
        "every event has its place",
        async () => (await countUnplacedEvents(store.reader)) === 0,
      );
      expect(await findFaults(store)).toEqual([]);
      expect(running.hasExited()).toBe(false);
      await running.kill();
    },
  );
});

/** Whether a small file system can be made here, which takes root's rights. */
function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "evergate-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", directory], {
      stdio: "ignore",
    });
    execFileSync("umount", [directory], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Writes until there is no room for another byte. */
function fillDisk(path: string): void {
  for (const bytes of [1_000_000, 4_096]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: "a" });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
}
