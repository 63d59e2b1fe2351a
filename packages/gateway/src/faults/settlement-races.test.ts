import { settlesAt, toInstant, type Instant, type Month } from "@evergate/core";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { catchUp } from "../clockwork/catch-up.ts";
import type { components } from "../generated/api.ts";
import { toPartnerId } from "../ids.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, type TestGateway } from "../testing/start-test-gateway.ts";
import { findFaults } from "./find-faults.ts";
import { createChance, takeSeed } from "./random.ts";
import { waitUntil } from "./wait-until.ts";

type Schemas = components["schemas"];

const december = "2026-12" as Month;
/** 2027-01-01T00:00 in Bratislava: December's last period closes, and December is settled. */
const instant = settlesAt(december, "Europe/Bratislava");

const dayMs = 86_400_000;

async function open(stores: (typeof testStores)[number]): Promise<{
  gateway: TestGateway;
  world: World;
  id: string;
  settle: (until: Instant) => Promise<unknown>;
}> {
  const gateway = await startTestGateway(stores);
  const world = await makeWorld(gateway, { mode: "live" });
  const { id } = await world.subscribe();
  const settle = (until: Instant): Promise<unknown> =>
    catchUp(gateway.gateway.services, toPartnerId(world.partner.id), until);
  return { gateway, world, id, settle };
}

/** What each month's bill comes to; charges without a bill stand under "none". */
async function readCharges(world: World): Promise<Record<string, string>> {
  const { data } = await world.api.ask<Schemas["ChargeList"]>("GET", "/v1/charges?limit=200");
  return Object.fromEntries(
    data
      .map((charge) => [
        `${charge.period.startsOn}${charge.bill === null ? " unbilled" : ""}`,
        charge.amount,
      ])
      .toSorted(),
  );
}

describe.each(testStores)("at the very instant of settlement, on $name", (stores) => {
  test.each([
    {
      name: "a millisecond before it counts in the old month, when settled afterwards",
      at: -1,
      first: "command",
      expected: { "2026-12-01": "40.00" },
    },
    {
      name: "exactly at it counts in the new month, when the command is first to notice",
      at: 0,
      first: "command",
      expected: { "2026-12-01": "20.00" },
    },
    {
      name: "exactly at it counts in the new month, when settled before",
      at: 0,
      first: "settlement",
      expected: { "2026-12-01": "20.00" },
    },
    {
      name: "days after it counts in the new month, though nothing was settled in between",
      at: 5 * dayMs,
      first: "command",
      expected: { "2026-12-01": "20.00" },
    },
  ])("a command $name (R2, R22)", async ({ at, first, expected }) => {
    const { gateway, world, id, settle } = await open(stores);
    gateway.setNow(toInstant(instant - 10 * dayMs));
    await settle(toInstant(instant - 10 * dayMs));
    if (first === "settlement") {
      gateway.setNow(instant);
      await settle(instant);
    }
    gateway.setNow(toInstant(instant + at));
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 20 });
    gateway.setNow(toInstant(instant + 6 * dayMs));
    await settle(toInstant(instant + 6 * dayMs));
    expect(await readCharges(world)).toEqual(expected);
    // January goes on with what was ordered, and every charge is on its month's bill.
    gateway.setNow(toInstant(instant + 32 * dayMs));
    await settle(toInstant(instant + 32 * dayMs));
    expect(await readCharges(world)).toEqual({ ...expected, "2027-01-01": "40.00" });
    expect(await findFaults(gateway.store)).toEqual([]);
  });

  test("a system clock that jumps back orders nothing into a settled month, and no charge is left without a bill (R23)", async () => {
    const { gateway, world, id, settle } = await open(stores);
    const second = await world.subscribe({ quantity: 3, term: { periods: 3, renews: false } });
    gateway.setNow(instant);
    await settle(instant);
    gateway.setNow(toInstant(instant - 20 * dayMs));
    await settle(toInstant(instant - 20 * dayMs));
    const orders: readonly (() => Promise<Schemas["Subscription"]>)[] = [
      () => world.subscribe({ quantity: 7 }),
      () => world.api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 25 }),
      () => world.api.ask("POST", `/v1/subscriptions/${id}/pause`, { days: 3 }),
      () => world.api.ask("POST", `/v1/subscriptions/${id}/resume`),
      () => world.api.ask("POST", `/v1/subscriptions/${second.id}/cancel`, { effective: "now" }),
      () => world.api.ask("POST", `/v1/subscriptions/${second.id}/reactivate`, {}),
    ];
    for (const order of orders) await order();
    const early = await gateway.store.reader
      .selectFrom("events")
      .select(["type", "occurred_at"])
      .where("occurred_at", "<", instant)
      .where("type", "!=", "subscription.created")
      .execute();
    expect(
      early
        .map(({ type }) => type)
        .filter((type) => /canceled|paused|resumed|reactivated|quantity/.test(type)),
    ).toEqual([]);
    for (const days of [-10, 15, 35, 70]) {
      gateway.setNow(toInstant(instant + days * dayMs));
      await settle(toInstant(instant + days * dayMs));
    }
    expect(await readCharges(world)).not.toMatchObject({
      "2026-12-01 unbilled": expect.any(String),
    });
    expect(await findFaults(gateway.store)).toEqual([]);
  });

  test("commands and settlements at once, around the instant, in any order, leave every charge on one bill (R24)", async () => {
    const seed = takeSeed(`settlement-races ${stores.name}`);
    const chance = createChance(seed);
    const { gateway, world, settle } = await open(stores);
    const ids = await Promise.all(
      Array.from(
        { length: 12 },
        async () => (await world.subscribe({ quantity: chance.between(1, 50) })).id,
      ),
    );
    for (const month of ["2026-11", "2026-12", "2027-01"]) {
      const around = settlesAt(month as Month, "Europe/Bratislava");
      await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          // The clock is the whole process's: every one of them shakes it a little, to and fro.
          gateway.setNow(toInstant(around + chance.between(-2, 2)));
          if (index % 6 === 0) return settle(toInstant(around + chance.between(-1, 1)));
          const { status } = await world.api.call(
            "PATCH",
            `/v1/subscriptions/${chance.pick(ids)}`,
            { quantity: chance.between(1, 50) },
          );
          expect(status).toBe(200);
          return status;
        }),
      );
    }
    gateway.setNow(toInstant(instant + 70 * dayMs));
    while ((await settle(toInstant(instant + 70 * dayMs))) === "busy");
    expect(await findFaults(gateway.store)).toEqual([]);
    const { data } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    expect(data.map(({ month, lineCount }) => `${month} ${lineCount}`)).toEqual([
      "2027-02 13",
      "2027-01 13",
      "2026-12 13",
    ]);
  });

  test("a tax rate or a name changed after a month's end does not reach the bill of that month, however late it is made (R2, R3)", async () => {
    const { gateway, world, settle } = await open(stores);
    gateway.setNow(toInstant(instant + 5_000));
    const order = (): Promise<{ status: number; headers: Headers }> =>
      world.operator.call("PATCH", `/v1/partners/${world.partner.id}`, { taxRate: "20" });
    const customer =
      (await world.api.ask<Schemas["CustomerList"]>("GET", "/v1/customers")).data[0]?.id ?? "";
    const rename = (): Promise<{ status: number }> =>
      world.api.call("PATCH", `/v1/customers/${customer}`, { name: "Another name" });
    const early = await order();
    expect([early.status, early.headers.get("retry-after"), (await rename()).status]).toEqual([
      503,
      "1",
      503,
    ]);
    await settle(toInstant(instant + 5_000));
    expect([(await order()).status, (await rename()).status]).toEqual([200, 200]);
    const { data } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    expect(data).toMatchObject([
      {
        month: "2026-12",
        net: "20.00",
        taxRate: "0",
        total: "20.00",
        customers: [{ name: "Hotel Carpathia" }],
      },
    ]);
  });
});

// Only PostgreSQL has two transactions of one partner at once; there each can be held at the worst moment.
describe.each(testStores.filter(({ name }) => name === "postgres"))(
  "held at the worst moment, on $name",
  (stores) => {
    /** Holds a subscription's row, as a transaction of nobody's, so that whoever comes to it stops there. */
    async function hold(gateway: TestGateway, id: string): Promise<() => Promise<void>> {
      const held = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      const done = gateway.store.transaction(async (tx) => {
        await tx
          .selectFrom("subscriptions")
          .select("id")
          .where("id", "=", id)
          .forUpdate()
          .execute();
        held.resolve();
        await released.promise;
      });
      await held.promise;
      return async () => {
        released.resolve();
        await done;
      };
    }
    const waitForWaiting = (gateway: TestGateway, count: number): Promise<void> =>
      waitUntil(`${count} wait for a lock`, async () => {
        const { rows } = await sql<{
          waiting: number;
        }>`select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
          gateway.store.reader,
        );
        return rows[0]?.waiting === count;
      });

    test("a command that began before the instant is finished first, and settled with the month (R2)", async () => {
      const { gateway, world, id, settle } = await open(stores);
      gateway.setNow(toInstant(instant - 10 * dayMs));
      await settle(toInstant(instant - 10 * dayMs));
      gateway.setNow(toInstant(instant - 1));
      const release = await hold(gateway, id);
      const command = world.api.call("PATCH", `/v1/subscriptions/${id}`, { quantity: 20 });
      await waitForWaiting(gateway, 1);
      gateway.setNow(instant);
      const settlement = settle(instant);
      await waitForWaiting(gateway, 2);
      await release();
      expect((await command).status).toBe(200);
      await settlement;
      expect(await readCharges(world)).toEqual({ "2026-12-01": "40.00" });
      expect(await findFaults(gateway.store)).toEqual([]);
    });

    test("a command that arrives while the month is being settled waits, and is dated after it, by whatever clock (R2, R23)", async () => {
      const { gateway, world, id, settle } = await open(stores);
      gateway.setNow(toInstant(instant - 10 * dayMs));
      await settle(toInstant(instant - 10 * dayMs));
      const release = await hold(gateway, id);
      gateway.setNow(instant);
      const settlement = settle(instant);
      await waitForWaiting(gateway, 1);
      // The process that the command comes to believes to be in December still.
      gateway.setNow(toInstant(instant - 2_000));
      const command = world.api.call<Schemas["Subscription"]>("PATCH", `/v1/subscriptions/${id}`, {
        quantity: 20,
      });
      await waitForWaiting(gateway, 2);
      await release();
      await settlement;
      expect((await command).status).toBe(200);
      const changed = await gateway.store.reader
        .selectFrom("events")
        .select("occurred_at")
        .where("type", "=", "subscription.quantity_changed")
        .executeTakeFirstOrThrow();
      expect(changed.occurred_at).toBeGreaterThanOrEqual(instant);
      while ((await settle(toInstant(instant + 32 * dayMs))) === "busy");
      expect(await readCharges(world)).toEqual({ "2026-12-01": "20.00", "2027-01-01": "40.00" });
      expect(await findFaults(gateway.store)).toEqual([]);
    });

    test("a month is settled under an unbroken stream of commands (R22)", async () => {
      const { gateway, world, settle } = await open(stores);
      const ids = await Promise.all(
        Array.from({ length: 8 }, async () => (await world.subscribe()).id),
      );
      gateway.setNow(toInstant(instant + 1));
      const load = { isOver: false };
      const streams = ids.map(async (id) => {
        let count = 0;
        for (; !load.isOver; count++)
          expect(
            (
              await world.api.call("PATCH", `/v1/subscriptions/${id}`, {
                quantity: (count % 50) + 1,
              })
            ).status,
          ).toBe(200);
        return count;
      });
      const isSettled = settle(toInstant(instant + 1)).then(() => "settled");
      const givenUp = waitUntil(
        "the stream alone has gone on for long",
        async () => load.isOver || (await countVersions(gateway)) > 3_000,
      ).then(() => "starved");
      expect(await Promise.race([isSettled, givenUp])).toBe("settled");
      load.isOver = true;
      await Promise.all(streams);
      await Promise.allSettled([givenUp]);
      expect((await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills")).data).toHaveLength(1);
    });

    async function countVersions(gateway: TestGateway): Promise<number> {
      const { rows } = await sql<{
        sum: number;
      }>`select sum(version)::int as sum from subscriptions`.execute(gateway.store.reader);
      return rows[0]?.sum ?? 0;
    }
  },
);
