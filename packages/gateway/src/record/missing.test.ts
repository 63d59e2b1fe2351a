import { setTimeout as wait } from "node:timers/promises";
import { sql, type RawBuilder } from "kysely";
import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeId } from "../ids.ts";
import { createSealer } from "../secrets/sealer.ts";
import { insertRows } from "../store/insert-rows.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, testSecretKey } from "../testing/start-test-gateway.ts";
import { operatorRecord } from "./chain.ts";
import { createTurns } from "./turns.ts";
import { verifyRecord } from "./verify-record.ts";

type Schemas = components["schemas"];

const recordTables = ["audit_log", "audit_links", "audit_heads"] as const;

async function tamper(world: World, ...statements: readonly RawBuilder<unknown>[]): Promise<void> {
  await world.gateway.store.transaction(async (tx) => {
    for (const statement of statements) await statement.execute(tx);
  });
}

const wipe = (owner: string): readonly RawBuilder<unknown>[] =>
  recordTables.map((table) => sql`delete from ${sql.table(table)} where partner = ${owner}`);

const verify = (world: World): Promise<Schemas["AuditVerification"]> =>
  world.api.ask("GET", "/v1/audit-log/verify");

/** What is missing, in the order of ids. */
function tellMissing({ faults }: Pick<Schemas["AuditVerification"], "faults">): readonly string[] {
  return faults
    .filter(({ kind }) => kind === "missing")
    .map(({ subject }) => subject ?? "-")
    .toSorted();
}

async function listIds(world: World, table: string, owner: string): Promise<readonly string[]> {
  const { rows } = await sql<{
    id: string;
  }>`select id from ${sql.table(table)} where partner = ${owner}`.execute(
    world.gateway.store.reader,
  );
  return rows.map(({ id }) => id);
}

describe.each(testStores)("what a record has to tell of, on $name", (stores) => {
  async function makeUsedWorld(): Promise<World> {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe();
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 25 });
    await world.advanceTo("2027-02-05T00:00:00Z");
    const bills = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    const [bill] = bills.data;
    await world.operator.ask(
      "POST",
      `/v1/bills/${bill?.id}/credit-notes`,
      { whole: true, reason: "Goodwill" },
      { headers: { "evergate-partner": world.partner.id } },
    );
    await world.api.ask("POST", "/v1/prepaid-licences", {
      customer: bill?.customers[0]?.customer,
      product: world.products.b.id,
      quantity: 25,
      endsOn: "2027-06-30",
    });
    await world.api.ask("POST", "/v1/webhook-endpoints", {
      url: "https://example.com/hooks",
      eventTypes: ["bill.issued"],
    });
    expect(await verify(world)).toMatchObject({ isIntact: true, faultCount: 0 });
    return world;
  }

  test("a record that was taken away as a whole is missed by everything it told of, also when it goes on", async () => {
    const world = await makeUsedWorld();
    const owner = world.partner.id;
    const expected = [];
    for (const table of [
      "subscriptions",
      "customers",
      "bills",
      "credit_notes",
      "prepaid_licences",
      "webhook_endpoints",
    ]) {
      const ids = await listIds(world, table, owner);
      expect(ids.length).toBeGreaterThan(0);
      expected.push(...ids);
    }
    await tamper(world, ...wipe(owner));
    const found = await verify(world);
    expect(found).toMatchObject({ isIntact: false, entries: 0, key: "unused" });
    expect(found.faultCount).toBe(expected.length);
    expect(tellMissing(found)).toEqual(expected.toSorted());

    await world.subscribe();
    const later = await verify(world);
    expect(later.entries).toBeGreaterThan(0);
    expect(later.isIntact).toBe(false);
    expect(tellMissing(later)).toEqual(expected.toSorted());
  });

  test("an old head that was put back, with all after it taken away, is found by what has happened since", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const owner = world.partner.id;
    const old = await world.subscribe();
    const { head } = await verify(world);
    const { rows } = await sql<{
      seal: string;
    }>`select seal from audit_heads where partner = ${owner}`.execute(world.gateway.store.reader);
    await world.api.ask("PATCH", `/v1/subscriptions/${old.id}`, { quantity: 25 });
    const fresh = await world.subscribe();
    expect(await verify(world)).toMatchObject({ isIntact: true });
    await tamper(
      world,
      sql`delete from audit_log where partner = ${owner} and id in (select entry from audit_links where partner = ${owner} and position > ${head?.position})`,
      sql`delete from audit_links where partner = ${owner} and position > ${head?.position}`,
      sql`update audit_heads set position = ${head?.position}, hash = ${head?.hash}, seal = ${rows[0]?.seal} where partner = ${owner}`,
    );
    const found = await verify(world);
    expect(found.faults.every(({ kind }) => kind === "missing")).toBe(true);
    expect(tellMissing(found)).toEqual(expect.arrayContaining([old.id, fresh.id].toSorted()));
    expect(found.isIntact).toBe(false);
  });

  test("the operator's record is missed by partners, keys and catalogue; and what other hands have put there is named", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { reader } = world.gateway.store;
    const sealer = createSealer(testSecretKey);
    expect((await verifyRecord(reader, sealer, operatorRecord)).faults).toEqual([]);
    const id = makeId("key");
    await tamper(
      world,
      sql`insert into api_keys (id, kind, name, hash, hint, scopes, created_at) values (${id}, 'operator', 'Nobody', 'x', 'x', '[]', 0)`,
    );
    expect((await verifyRecord(reader, sealer, operatorRecord)).faults).toEqual([
      { kind: "missing", position: null, entry: null, subject: id },
    ]);
    await tamper(world, ...wipe(operatorRecord));
    const found = await world.operator.ask<Schemas["AuditVerification"]>(
      "GET",
      "/v1/audit-log/verify",
    );
    expect(tellMissing(found)).toContain(world.partner.id);
    const kinds = new Set(tellMissing(found).map((subject) => subject.split("_")[0]));
    expect([...kinds].toSorted()).toEqual(["company", "key", "partner", "price", "prod"]);
  });

  test("many are counted, over the bounds of a chunk, and the first hundred named", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const partner = world.partner.id;
    await world.gateway.store.transaction((tx) =>
      insertRows(
        tx,
        "customers",
        Array.from({ length: 1_001 }, () => ({
          partner,
          id: makeId("cus"),
          external_id: null,
          name: "Nobody",
          email: null,
          metadata: "{}",
          created_at: 0,
        })),
      ),
    );
    const found = await verify(world);
    expect(found.faultCount).toBe(1_001);
    expect(found.faults).toHaveLength(100);
  });

  test("an entry that other hands made unreadable is shown as such, and its subject's history goes on without it", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe();
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 25 });
    for (const [column, value, unreadable] of [
      ["before", "{", "before"],
      ["after", "7", "after"],
      ["recorded_at", 999_999_999_999_999, "recordedAt"],
    ] as const) {
      await tamper(
        world,
        sql`update audit_log set ${sql.ref(column)} = ${value} where partner = ${world.partner.id} and action = 'updateSubscription'`,
      );
      const { data } = await world.api.ask<Schemas["AuditEntryList"]>(
        "GET",
        `/v1/audit-log?subject=${id}`,
      );
      expect(data).toHaveLength(2);
      const told = data.find(({ action }) => action === "updateSubscription");
      expect(told?.unreadable).toContain(unreadable);
      expect(data.find(({ action }) => action !== "updateSubscription")).not.toHaveProperty(
        "unreadable",
      );
      const history = await world.api.ask<Schemas["HistoryEntryList"]>(
        "GET",
        `/v1/subscriptions/${id}/history`,
      );
      expect(history.data.map(({ action }) => action)).toEqual(["createSubscription"]);
      expect(await verify(world)).toMatchObject({ isIntact: false, faults: [{ kind: "changed" }] });
    }
  });

  test("two records are verified at once, others wait, and too many are told to come again", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { verifications } = world.gateway.gateway.services;
    const held = Promise.withResolvers<void>();
    const busy = [1, 2].map(() => verifications.run(() => held.promise));
    let answered = 0;
    const waiting = Array.from({ length: 20 }, async () => {
      const found = await verify(world);
      answered += 1;
      return found;
    });
    // They are asked as requests are, one after another: all wait by then.
    const deadline = Date.now() + 20_000;
    let refused = await world.api.call("GET", "/v1/audit-log/verify?head=0:x");
    while (refused.status === 400 && Date.now() < deadline) {
      await wait(50);
      refused = await Promise.race([
        world.api.call("GET", "/v1/audit-log/verify"),
        wait(500).then(() => ({ ...refused, status: 400 })),
      ]);
    }
    expect(refused).toMatchObject({ status: 503, body: { code: "unavailable" } });
    expect(answered).toBe(0);
    held.resolve();
    await Promise.all(busy);
    for (const found of await Promise.all(waiting)) expect(found.isIntact).toBe(true);
    expect(await verify(world)).toMatchObject({ isIntact: true });
  });
});

describe("turns", () => {
  test("are handed on in the order of asking, also by work that fails, and are never more", async () => {
    const turns = createTurns(2, 3);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const work = (number: number) => async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      order.push(number);
      await wait(1);
      running -= 1;
      if (number % 2 === 0) throw new Error("failed");
    };
    const runs = [1, 2, 3, 4, 5, 6].map((number) => turns.run(work(number)));
    const ended = await Promise.allSettled(runs);
    expect(ended.map(({ status }) => status === "fulfilled")).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(ended[5]).toMatchObject({ reason: { code: "unavailable", retryAfterSeconds: 5 } });
    expect(order).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
    await turns.run(work(7));
  });
});
