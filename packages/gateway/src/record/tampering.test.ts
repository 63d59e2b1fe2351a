import { sql, type RawBuilder } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeId } from "../ids.ts";
import { createSealer } from "../secrets/sealer.ts";
import { insertRows } from "../store/insert-rows.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, testSecretKey } from "../testing/start-test-gateway.ts";
import { digestEntry, hashLink, renderEntry } from "./chain.ts";
import { linkNewEntries } from "./link-entries.ts";
import { rekeyRecords } from "./rekey-record.ts";
import { isIntact, verifyRecord, type Verification } from "./verify-record.ts";

type Schemas = components["schemas"];

const recordTables = ["audit_log", "audit_links", "audit_heads"] as const;
const sealer = createSealer(testSecretKey);

/** What the chain shows. Of what is missing in the record beside, missing.test.ts tells. */
function ofChain({ faults }: Pick<Verification, "faults">): Verification["faults"] {
  return faults.filter(({ kind }) => kind !== "missing");
}

/** The faults in short: `changed 3`, `inserted -`. */
function tell(found: Pick<Verification, "faults">): readonly string[] {
  return ofChain(found).map(({ kind, position }) => `${kind} ${position ?? "-"}`);
}

describe.each(testStores)("a record that was tampered with, on $name", (stores) => {
  let world: World;
  let owner: string;
  /** The chain as it was made: its entries by their places. */
  let entries: readonly string[];
  let head: { readonly position: number; readonly hash: string };
  let untouched: ReadonlyMap<string, readonly Readonly<Record<string, string | number | null>>[]>;

  beforeAll(async () => {
    world = await makeWorld(await startTestGateway(stores, { isShared: true }));
    owner = world.partner.id;
    const { id } = await world.subscribe();
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 25 });
    await world.api.ask("POST", `/v1/subscriptions/${id}/pause`, { days: 3 });
    await world.advanceTo("2026-12-20T00:00:00Z");
    const found = await verify();
    if (found.head === null || found.head.position < 7) throw new Error("Too little was linked.");
    ({ head } = found);
    untouched = await readRecord();
    entries = (untouched.get("audit_links") ?? [])
      .filter(({ partner }) => partner === owner)
      .toSorted((one, other) => Number(one["position"]) - Number(other["position"]))
      .map(({ entry }) => String(entry));
  });
  afterEach(restore);
  afterAll(() => world.gateway.close());

  /** Two more entries, of what was there before: `restore` takes them away without a trace. */
  async function goOn(): Promise<void> {
    const { data } = await world.api.ask<Schemas["CustomerList"]>("GET", "/v1/customers");
    for (const name of ["Hotel Tatry", "Hotel Carpathia"])
      await world.api.ask("PATCH", `/v1/customers/${data[0]?.id}`, { name });
  }
  const verify = (query = ""): Promise<Schemas["AuditVerification"]> =>
    world.api.ask("GET", `/v1/audit-log/verify${query}`);
  const tamper = async (...statements: readonly RawBuilder<unknown>[]): Promise<void> =>
    world.gateway.store.transaction(async (tx) => {
      for (const statement of statements) await statement.execute(tx);
    });
  const entryAt = (position: number): string => entries[position - 1] ?? "";
  async function readRecord(): Promise<typeof untouched> {
    const tables = new Map();
    for (const table of recordTables)
      tables.set(
        table,
        (await sql`select * from ${sql.table(table)}`.execute(world.gateway.store.reader)).rows,
      );
    return tables;
  }
  async function restore(): Promise<void> {
    await world.gateway.store.transaction(async (tx) => {
      for (const table of recordTables) {
        await sql`delete from ${sql.table(table)}`.execute(tx);
        await insertRows(tx, table, (untouched.get(table) ?? []) as never);
      }
    });
    expect(await verify()).toMatchObject({ isIntact: true, head });
  }
  /** What somebody does who knows how links are made, and has no key: all of them anew, from a place on. */
  async function recompute(from: number): Promise<void> {
    const { rows } = await sql<{
      entry: string;
    }>`select entry from audit_links where partner = ${owner} order by position`.execute(
      world.gateway.store.reader,
    );
    let hash = "";
    let position = 0;
    await world.gateway.store.transaction(async (tx) => {
      await sql`update audit_links set position = -position where partner = ${owner}`.execute(tx);
      for (const { entry } of rows) {
        const row = await tx
          .selectFrom("audit_log")
          .selectAll()
          .where("partner", "=", owner)
          .where("id", "=", entry)
          .executeTakeFirstOrThrow();
        const { api_key: apiKey, request_id: requestId, recorded_at: recordedAt, ...rest } = row;
        const digest = digestEntry(renderEntry(owner, { ...rest, apiKey, requestId, recordedAt }));
        position += 1;
        hash = hashLink(hash, digest, position);
        await tx
          .updateTable("audit_links")
          .set({ position, ...(position < from ? {} : { digest, hash }) })
          .where("partner", "=", owner)
          .where("entry", "=", entry)
          .execute();
      }
      await sql`update audit_heads set position = ${position}, hash = ${hash} where partner = ${owner}`.execute(
        tx,
      );
    });
  }

  test("is intact before anybody has touched it", async () => {
    expect(await verify()).toMatchObject({
      isIntact: true,
      entries: head.position,
      pending: 0,
      key: "fits",
      faultCount: 0,
      faults: [],
    });
    expect(await verify(`?head=${head.position}:${head.hash}`)).toMatchObject({ isIntact: true });
    const operators = await world.operator.ask<Schemas["AuditVerification"]>(
      "GET",
      "/v1/audit-log/verify",
    );
    expect(operators.isIntact).toBe(true);
    expect(operators.entries).toBeGreaterThan(6);
  });

  test.each([
    ["at", sql`at + 1`],
    ["recorded_at", sql`recorded_at - 1`],
    ["recorded_at", sql`999999999999999`],
    ["action", sql`'cancelSubscription'`],
    ["subject", sql`${makeId("sub")}`],
    ["actor", sql`'Somebody else'`],
    ["api_key", sql`null`],
    ["request_id", sql`null`],
    ["before", sql`null`],
    ["before", sql`'null'`],
    ["after", sql`replace("after", '25', '26')`],
    ["after", sql`"after" || ' '`],
  ])("an entry whose %s was changed is named", async (column, value) => {
    const [place] = await listPlaces("updateSubscription");
    await tamper(
      sql`update audit_log set ${sql.ref(column)} = ${value} where partner = ${owner} and id = ${entryAt(place ?? 0)}`,
    );
    const found = await verify();
    expect(found.isIntact).toBe(false);
    expect(ofChain(found)).toEqual([
      { kind: "changed", position: place, entry: entryAt(place ?? 0) },
    ]);
    // Of the subscription there is one entry less.
    expect(found.faultCount).toBe(column === "subject" ? 2 : 1);
  });

  async function listPlaces(action: string): Promise<readonly number[]> {
    const { rows } = await sql<{
      id: string;
    }>`select id from audit_log where partner = ${owner} and action = ${action}`.execute(
      world.gateway.store.reader,
    );
    return rows.map(({ id }) => entries.indexOf(id) + 1);
  }

  test("text can't be moved from one column to the other under the same digest", async () => {
    const [place = 0] = await listPlaces("updateSubscription");
    const id = entryAt(place);
    const { rows } = await sql<{
      before: string;
      after: string;
    }>`select "before", "after" from audit_log where id = ${id}`.execute(
      world.gateway.store.reader,
    );
    // An entry that holds the words by which the columns are divided.
    const before = `${(rows[0]?.before ?? "").slice(0, -1)},"x":{"y":1,"after":2}}`;
    const after = rows[0]?.after ?? "";
    await tamper(sql`update audit_log set "before" = ${before} where id = ${id}`);
    await recompute(1);
    const whole = `${before},"after":${after}`;
    const divided = whole.indexOf(',"after":');
    await tamper(
      sql`update audit_log set "before" = ${whole.slice(0, divided)}, "after" = ${whole.slice(divided + 9)} where id = ${id}`,
    );
    expect(tell(await verify())).toContain(`changed ${place}`);
  });

  test("an id that was changed is an entry gone and another that nobody has written", async () => {
    const id = makeId("audit");
    await tamper(sql`update audit_log set id = ${id} where id = ${entryAt(4)}`);
    const found = await verify();
    expect(found.faults).toEqual([
      { kind: "removed", position: 4, entry: entryAt(4) },
      { kind: "inserted", position: null, entry: id },
    ]);
  });

  test("an entry that was removed is named, in the middle and at the end, with its link or without", async () => {
    for (const position of [1, 4, head.position]) {
      await tamper(sql`delete from audit_log where id = ${entryAt(position)}`);
      expect(ofChain(await verify())).toEqual([
        { kind: "removed", position, entry: entryAt(position) },
      ]);
      await tamper(sql`delete from audit_links where entry = ${entryAt(position)}`);
      expect(ofChain(await verify())).toEqual([{ kind: "removed", position, entry: null }]);
      await restore();
    }
  });

  test("many that were removed are counted, and the first hundred named", async () => {
    await tamper(
      sql`delete from audit_log where partner = ${owner}`,
      sql`delete from audit_links where partner = ${owner}`,
      sql`update audit_heads set position = 5000 where partner = ${owner}`,
    );
    const found = await verify();
    expect(found.faults).toHaveLength(100);
    // The rest is what the record told of.
    expect(found.faultCount).toBeGreaterThan(5_000);
    expect(found.faultCount).toBeLessThan(5_010);
  });

  test("a link that was removed is told from an entry that was", async () => {
    await tamper(sql`delete from audit_links where entry = ${entryAt(4)}`);
    expect((await verify()).faults).toEqual([{ kind: "unlinked", position: 4, entry: entryAt(4) }]);
  });

  test("an end that was taken away with its head set back is found by the head's seal, and by a head that was noted", async () => {
    const last = head.position;
    await tamper(
      sql`delete from audit_log where id = ${entryAt(last)}`,
      sql`delete from audit_links where entry = ${entryAt(last)}`,
      sql`update audit_heads set position = position - 1, hash = (select hash from audit_links where partner = ${owner} and position = ${last - 1}) where partner = ${owner}`,
    );
    expect(tell(await verify())).toEqual([`rewound ${last - 1}`]);
    expect(tell(await verify(`?head=${last}:${head.hash}`))).toEqual([
      `rewound ${last - 1}`,
      `rewound ${last}`,
    ]);
    // Going on covers nothing: the head keeps no seal.
    await goOn();
    const later = await verify();
    expect(later.head?.position).toBe(last + 1);
    expect(tell(later)).toEqual([`rewound ${last + 1}`]);
  });

  test("a head that was taken away, or put before its links, doesn't stop the record, and is found for good", async () => {
    for (const statement of [
      sql`delete from audit_heads where partner = ${owner}`,
      sql`update audit_heads set position = 2 where partner = ${owner}`,
    ]) {
      await tamper(statement);
      expect((await verify()).isIntact).toBe(false);
      await goOn();
      const later = await verify();
      expect(later.pending).toBe(0);
      expect(tell(later)).toEqual([`rewound ${later.head?.position}`]);
      await restore();
    }
  });

  test("an entry inserted by other hands is named, without a link, and with one to wait for", async () => {
    const insert = (id: string): RawBuilder<unknown> =>
      sql`insert into audit_log select partner, ${id}, at, recorded_at, action, subject, 'Nobody', api_key, request_id, "before", "after" from audit_log where id = ${entryAt(3)}`;
    const id = makeId("audit");
    await tamper(insert(id));
    expect((await verify()).faults).toEqual([{ kind: "inserted", position: null, entry: id }]);

    const linked = makeId("audit");
    for (const [seal, digest] of [
      ["", "digest"],
      ["AAAAAAAAAAAAAAAAAAAA", "x".repeat(43)],
      // One that a genuine link has.
      [sql`seal`, sql`digest`],
    ]) {
      await restore();
      await tamper(
        insert(linked),
        sql`insert into audit_links (partner, entry, at, digest, seal) select partner, ${linked}, at, ${digest}, ${seal} from audit_links where entry = ${entryAt(3)}`,
      );
      const waiting = await verifyRecord(world.gateway.store.reader, sealer, owner);
      expect(waiting.faults).toEqual([{ kind: "inserted", position: null, entry: linked }]);
      expect(waiting.pending).toBe(1);
      // The step that links takes it along, and it stays told.
      await linkNewEntries(world.gateway.store, sealer, owner);
      expect(tell(await verify())).toHaveLength(1);
      expect((await verify()).faults[0]).toMatchObject({
        position: head.position + 1,
        entry: linked,
      });
    }
    await restore();
    await tamper(
      insert(linked),
      sql`insert into audit_links (partner, entry, at, digest, seal) values (${owner}, ${linked}, (select at from audit_log where id = ${linked}), ${await digestOf(linked)}, '')`,
    );
    await linkNewEntries(world.gateway.store, sealer, owner);
    expect((await verify()).faults).toEqual([
      { kind: "inserted", position: head.position + 1, entry: linked },
    ]);
  });

  /** The digest that the entry would have had it been written honestly. */
  async function digestOf(_id: string): Promise<string> {
    const row = await world.gateway.store.reader
      .selectFrom("audit_log")
      .selectAll()
      .where("id", "=", entryAt(3))
      .executeTakeFirstOrThrow();
    const { api_key: apiKey, request_id: requestId, recorded_at: recordedAt, ...rest } = row;
    return digestEntry(
      renderEntry(owner, { ...rest, id: _id, actor: "Nobody", apiKey, requestId, recordedAt }),
    );
  }

  test("an order that was swapped is found", async () => {
    await tamper(
      sql`update audit_links set position = -1 where entry = ${entryAt(3)}`,
      sql`update audit_links set position = 3 where entry = ${entryAt(5)}`,
      sql`update audit_links set position = 5 where entry = ${entryAt(3)}`,
    );
    expect(tell(await verify())).toEqual(["relinked 3", "relinked 5"]);
    await restore();
    await tamper(
      sql`update audit_log set id = 'x' where id = ${entryAt(3)}`,
      sql`update audit_log set id = ${entryAt(3)}, at = (select at from audit_links where entry = ${entryAt(3)}) where id = ${entryAt(5)}`,
      sql`update audit_log set id = ${entryAt(5)}, at = (select at from audit_links where entry = ${entryAt(5)}) where id = 'x'`,
    );
    expect(tell(await verify())).toEqual(["changed 3", "changed 5"]);
  });

  test("what was written into a link is found, whatever it is", async () => {
    for (const [column, value, kind] of [
      ["digest", "x".repeat(43), "changed"],
      ["hash", "x".repeat(43), "relinked"],
      ["hash", "ř".repeat(1_000), "relinked"],
      ["seal", "AAAAAAAAAAAAAAAAAAAA", "relinked"],
      ["seal", "", "inserted"],
    ] as const) {
      await tamper(
        sql`update audit_links set ${sql.ref(column)} = ${value} where entry = ${entryAt(4)}`,
      );
      expect(tell(await verify())).toEqual([`${kind} 4`]);
      await restore();
    }
  });

  test("an entry that was changed with its digest is named as one that was changed", async () => {
    for (const position of [4, head.position]) {
      await tamper(sql`update audit_log set actor = 'Nobody' where id = ${entryAt(position)}`);
      const row = await world.gateway.store.reader
        .selectFrom("audit_log")
        .selectAll()
        .where("id", "=", entryAt(position))
        .executeTakeFirstOrThrow();
      const { api_key: apiKey, request_id: requestId, recorded_at: recordedAt, ...rest } = row;
      const digest = digestEntry(renderEntry(owner, { ...rest, apiKey, requestId, recordedAt }));
      await tamper(
        sql`update audit_links set digest = ${digest} where entry = ${entryAt(position)}`,
      );
      expect(tell(await verify())).toEqual([`changed ${position}`]);
      await restore();
    }
  });

  test("a chain that was made anew from a place on is named from there, and going on covers nothing", async () => {
    await tamper(sql`update audit_log set actor = 'Nobody' where id = ${entryAt(4)}`);
    await recompute(4);
    const expected = Array.from(
      { length: head.position - 3 },
      (_, index) => `relinked ${index + 4}`,
    );
    expect(tell(await verify())).toEqual([...expected, `rewound ${head.position}`]);
    await goOn();
    const later = await verify();
    expect(tell(later)).toEqual([...expected, `rewound ${later.head?.position}`]);
    // Who has noted a head needs no key to see it.
    expect(tell(await verify(`?head=${head.position}:${head.hash}`))).toContain(
      `rewound ${head.position}`,
    );
  });

  test("an entry that was taken out with the chain made anew is found by the seals and by the head", async () => {
    await tamper(
      sql`delete from audit_log where id = ${entryAt(4)}`,
      sql`delete from audit_links where entry = ${entryAt(4)}`,
    );
    await recompute(4);
    const found = await verify(`?head=${head.position}:${head.hash}`);
    expect(tell(found)[0]).toBe("relinked 4");
    expect(tell(found).at(-1)).toBe(`rewound ${head.position}`);
  });

  test("a row that was moved to another partner is missed here and a stranger there", async () => {
    const other = await makeWorld(world.gateway);
    await tamper(sql`update audit_log set partner = ${other.partner.id} where id = ${entryAt(4)}`);
    expect(ofChain(await verify())).toEqual([{ kind: "removed", position: 4, entry: entryAt(4) }]);
    const theirs = await other.api.ask<Schemas["AuditVerification"]>("GET", "/v1/audit-log/verify");
    expect(theirs.faults).toEqual([{ kind: "inserted", position: null, entry: entryAt(4) }]);
    // With its link: it names the partner that it was written for.
    await tamper(
      sql`update audit_links set partner = ${other.partner.id}, position = null, hash = null where entry = ${entryAt(4)}`,
    );
    const later = await other.api.ask<Schemas["AuditVerification"]>("GET", "/v1/audit-log/verify");
    expect(later.isIntact).toBe(false);
    expect(later.faults.map(({ entry }) => entry)).toEqual([entryAt(4)]);
  });

  test("an entry put back from a backup, to be linked once more, is a stranger", async () => {
    await tamper(
      sql`update audit_links set position = null, hash = null where entry = ${entryAt(4)}`,
    );
    const found = await verify();
    expect(tell(found)).toEqual(["removed 4", `inserted ${head.position + 1}`]);
  });

  test("a whole record put back from a backup is found by a head that was noted since", async () => {
    await goOn();
    const { head: noted } = await verify();
    await restore();
    expect((await verify(`?head=${noted?.position}:${noted?.hash}`)).faults).toEqual([
      { kind: "rewound", position: noted?.position, entry: null },
    ]);
    expect(await verify(`?head=${head.position}:${head.hash}`)).toMatchObject({ isIntact: true });
  });

  test("another key is told as such, and takes nothing for tampering", async () => {
    const other = createSealer(Buffer.alloc(32, 9).toString("base64"));
    const { reader } = world.gateway.store;
    expect(await verifyRecord(reader, other, owner)).toMatchObject({
      key: "differs",
      faults: [],
      entries: head.position,
    });
    await tamper(sql`update audit_log set actor = 'Nobody' where id = ${entryAt(4)}`);
    expect(tell(await verifyRecord(reader, other, owner))).toEqual(["changed 4"]);
    // Nothing is linked under it, and it waits for the right one.
    await tamper(sql`update audit_heads set key = ${other.keyId} where partner = ${owner}`);
    await goOn();
    const found = await verify();
    expect(found).toMatchObject({ isIntact: false, key: "differs", pending: 2 });
  });
});

describe.each(testStores)("a record whose key was lost, on $name", (stores) => {
  test("goes on under a new one: what there is stays protected by its hashes", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { store } = world.gateway;
    const owner = world.partner.id;
    await world.subscribe();
    await linkNewEntries(store, sealer, owner);
    // Something waits under the lost key.
    await world.subscribe();
    const fresh = createSealer(Buffer.alloc(32, 9).toString("base64"));
    expect(await verifyRecord(store.reader, fresh, owner)).toMatchObject({ key: "differs" });
    await expect(linkNewEntries(store, fresh, owner)).rejects.toThrow("EVERGATE_SECRET_KEY");

    expect(await rekeyRecords(store, fresh)).toBe(1);
    expect(await rekeyRecords(store, fresh)).toBe(0);
    const found = await verifyRecord(store.reader, fresh, owner);
    expect(found).toMatchObject({ key: "fits", pending: 0, faults: [] });
    expect(found.sealedFrom).toBe(found.entries + 1);
    expect(isIntact(found)).toBe(true);

    await store.transaction((tx) =>
      sql`update audit_log set actor = 'Nobody' where partner = ${owner} and subject like 'sub_%'`.execute(
        tx,
      ),
    );
    expect((await verifyRecord(store.reader, fresh, owner)).faults.map(({ kind }) => kind)).toEqual(
      ["changed", "changed"],
    );
    await store.transaction((tx) =>
      sql`update audit_heads set sealed_from = 1 where partner = ${owner}`.execute(tx),
    );
    expect(tell(await verifyRecord(store.reader, fresh, owner))).toContain(
      `rewound ${found.entries}`,
    );
  });
});
