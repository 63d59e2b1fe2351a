import {
  openReport,
  parseInstant,
  parseMonth,
  reportService,
  toInstant,
  toProductId,
  type Instant,
  type PastState,
  type ServiceReport,
} from "@evergate/core";
import { describe, expect, test } from "vitest";
import { catchUp } from "../clockwork/catch-up.ts";
import { createChance } from "../faults/random.ts";
import type { components } from "../generated/api.ts";
import { toPartnerId } from "../ids.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { liveOn } from "../testing/live-randomly.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, testNow } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];
type Row = Schemas["ActiveSubscriptionRow"];

const path = "/v1/reports/active-subscriptions";

async function readRows({ api }: World, query: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let after = ""; ;) {
    const page: Schemas["ActiveSubscriptionList"] = await api.ask(
      "GET",
      `${path}?${query}${after}`,
    );
    rows.push(...page.data);
    if (page.nextCursor === null) return rows;
    after = `&after=${page.nextCursor}`;
  }
}

/** The same from the whole history of a subscription, as the API tells it. */
async function expectRows(
  { api }: World,
  subscription: string,
  month: string,
  now: number,
): Promise<readonly Partial<Row>[]> {
  const entries: Schemas["HistoryEntry"][] = [];
  for (let after = ""; ;) {
    const page: Schemas["HistoryEntryList"] = await api.ask(
      "GET",
      `/v1/subscriptions/${subscription}/history?limit=200${after}`,
    );
    entries.push(...page.data);
    if (page.nextCursor === null) break;
    after = `&after=${page.nextCursor}`;
  }
  const states = entries.toReversed().map(({ at, key, after }): PastState => ({
    at: mustInstant(at),
    by: key === null ? "clock" : "command",
    status: after.status,
    product: toProductId(after.product),
    quantity: after.quantity,
  }));
  const parsed = parseMonth(month);
  const span = parsed && openReport(parsed, "Europe/Bratislava", toInstant(now));
  const report: ServiceReport | null = span && reportService(states, span);
  if (report === null) return [];
  return report.products.map((service) => ({ subscription, status: report.status, ...service }));
}

function mustInstant(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === null) throw new Error(`not an instant: ${text}`);
  return instant;
}

const decisive = ({
  subscription,
  status,
  product,
  quantity,
  daysInService,
  isFree,
  isCurrent,
}: Row) => ({
  subscription,
  status,
  product,
  quantity,
  daysInService,
  isFree,
  isCurrent,
});

describe.each(testStores)("GET /v1/reports/active-subscriptions on $name", (stores) => {
  test.each([
    { seed: 21, type: "reseller", billingPeriod: "calendar_month" },
    { seed: 22, type: "xsp", billingPeriod: "thirty_days" },
  ] as const)(
    "200 what the histories of random lives say, for each month (seed $seed)",
    async ({ seed, type, billingPeriod }) => {
      const world = await makeWorld(await startTestGateway(stores), { type, billingPeriod });
      const chance = createChance(seed);
      const ids: string[] = [];
      let now: number = testNow;
      for (let turn = 0; turn < 90; turn++) {
        if (turn % 9 === 0) ids.push((await world.subscribe()).id);
        now = await liveOn(world, chance.pick(ids), chance, now);
      }
      let count = 0;
      for (const month of [
        "2026-10",
        "2026-11",
        "2026-12",
        "2027-01",
        "2027-02",
        "2027-03",
        "2027-04",
      ]) {
        const reached = await world.api.call("GET", `${path}?month=${month}`);
        if (reached.status === 422) continue;
        const rows = await readRows(world, `month=${month}`);
        const expected = [];
        for (const id of ids) expected.push(...(await expectRows(world, id, month, now)));
        expect(rows.map(decisive)).toEqual(expected);
        expect(await readRows(world, `month=${month}&limit=1`)).toEqual(rows);
        expect(await readRows(world, `month=${month}&limit=2`)).toEqual(rows);
        count += rows.length;
      }
      expect(count).toBeGreaterThan(10);
    },
  );

  test("200 with everything by which people know what is listed", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id, customer } = await world.subscribe({
      externalId: "S-1001/1",
      customer: { name: "Hotel Carpathia", externalId: "S-1001" },
    });
    expect(await readRows(world, "")).toEqual([
      {
        customer,
        customerExternalId: "S-1001",
        customerName: "Hotel Carpathia",
        subscription: id,
        subscriptionExternalId: "S-1001/1",
        product: world.products.a.id,
        productCode: "A",
        productName: "Product A",
        unit: "user",
        quantity: 10,
        daysInService: 1,
        isFree: true,
        isCurrent: true,
        status: "trialing",
      },
    ]);
  });

  test("200 of one customer only, whom one may name by one's own id", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    await world.subscribe();
    const { id } = await world.subscribe({ customer: { name: "Other", externalId: "O 1" } });
    await world.subscribe({ customer: "ext:O 1" });
    const rows = await readRows(world, "customer=ext%3AO%201");
    expect(rows).toHaveLength(2);
    expect(rows[0]?.subscription).toBe(id);
    expect(await readRows(world, "customer=ext%3Anobody")).toEqual([]);
  });

  test("200 nothing of what had stopped before the month, and of what came after it", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe();
    await world.api.ask("POST", `/v1/subscriptions/${id}/cancel`, { effective: "now" });
    await world.advanceTo("2027-01-10T00:00:00Z");
    await world.subscribe();
    expect(await readRows(world, "month=2026-12")).toEqual([]);
    expect((await readRows(world, "month=2026-11")).map(({ status }) => status)).toEqual([
      "canceled",
    ]);
  });

  test("200 the same before and after the clock's work has been caught up with (R3)", async () => {
    const gateway = await startTestGateway(stores);
    const world = await makeWorld(gateway, { mode: "live" });
    const ids = [];
    for (let count = 0; count < 3; count++) ids.push((await world.subscribe()).id);
    await world.api.ask("POST", `/v1/subscriptions/${ids[0]}/cancel`, { effective: "period_end" });
    await world.api.ask("POST", `/v1/subscriptions/${ids[1]}/pause`, {
      startsAt: "2026-12-24T12:00:00Z",
      resumesAt: "2027-01-20T12:00:00Z",
    });
    await world.api.ask("PATCH", `/v1/subscriptions/${ids[2]}`, {
      product: "code:B",
      effective: "next_period",
    });
    const now = toInstant(Date.parse("2027-02-05T08:00:00Z"));
    gateway.setNow(now);
    const months = ["2026-11", "2026-12", "2027-01", "2027-02"];
    const readAll = async () => {
      const all = [];
      for (const month of months) all.push(await readRows(world, `month=${month}`));
      return all;
    };
    const late = await readAll();
    expect(late.map((rows) => rows.length)).toEqual([3, 2, 2, 2]);
    await catchUp(gateway.gateway.services, toPartnerId(world.partner.id), now);
    expect(await readAll()).toEqual(late);
  });

  test("200 however many times a subscription was changed in its month", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe();
    const { store } = world.gateway;
    const entry = await store.reader
      .selectFrom("audit_log")
      .selectAll()
      .where("subject", "=", id)
      .executeTakeFirstOrThrow();
    // More than one reading takes: nobody else writes so much in a test, so they are copied.
    const after = JSON.parse(entry.after ?? "{}") as Schemas["Subscription"];
    await store.transaction(async (tx) => {
      for (let count = 1; count <= 2_500; count++) {
        const copy = { ...after, quantity: count, version: count + 1 };
        const auditId = `audit_${String(count).padStart(26, "0")}`;
        await tx
          .insertInto("audit_log")
          .values({ ...entry, id: auditId, api_key: "key_x", after: JSON.stringify(copy) })
          .execute();
      }
    });
    expect((await readRows(world, "")).map(({ quantity }) => quantity)).toEqual([2_500]);
  });

  test("200 the same whether or not an entry that changes nothing comes first at an instant (R2, R17)", async () => {
    const world = await makeWorld(await startTestGateway(stores), {
      type: "xsp",
      billingPeriod: "thirty_days",
    });
    const ids: string[] = [];
    for (let count = 0; count < 4; count++)
      ids.push((await world.subscribe({ quantity: 9, trial: "none" })).id);
    // The local midnight that begins March, at which no period of these begins.
    await world.advanceTo("2027-02-28T23:00:00Z");
    const touch = { metadata: { note: "seen" } };
    for (const [index, [method, action, body]] of [
      ["PATCH", "", { quantity: 3 }] as const,
      ["PATCH", "", { quantity: 3 }] as const,
      ["POST", "/pause", { days: 60 }] as const,
      ["POST", "/pause", { days: 60 }] as const,
    ].entries()) {
      const one = `/v1/subscriptions/${ids[index]}`;
      if (index % 2 === 1) await world.api.ask("PATCH", one, touch);
      await world.api.ask(method, `${one}${action}`, body);
    }
    await world.advanceTo("2027-04-02T12:00:00Z");
    const rows = (await readRows(world, "month=2027-03")).map(decisive);
    const row = { product: world.products.a.id, quantity: 9, isFree: false, isCurrent: true };
    const changed = { ...row, status: "active", daysInService: 31 };
    const paused = { ...row, status: "paused", daysInService: 1 };
    expect(rows).toEqual(
      [changed, changed, paused, paused].map((of, index) => ({ ...of, subscription: ids[index] })),
    );
  });

  test("422 time_not_reached for a month that has not begun", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { status, body } = await world.api.call("GET", `${path}?month=2026-12`);
    expect([status, body]).toMatchObject([
      422,
      {
        code: "time_not_reached",
        detail:
          "2026-12 begins at 2026-11-30T23:00:00Z for this partner; it is 2026-11-24T09:00:00Z now.",
      },
    ]);
  });
});

describe.each(testStores)("GET /v1/reports/active-subscriptions/totals on $name", (stores) => {
  test("200 the rows added up, product by product", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe({ quantity: 10 });
    await world.subscribe({ quantity: 7, product: world.products.b.id });
    await world.subscribe({ quantity: 3 });
    await world.advanceTo("2026-12-10T12:00:00Z");
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { product: "code:B" });
    await world.subscribe({ quantity: 5 });
    await world.advanceTo("2026-12-15T12:00:00Z");
    const product = { unit: "user" };
    expect(await world.api.ask("GET", `${path}/totals`)).toEqual({
      month: "2026-12",
      startsAt: "2026-11-30T23:00:00Z",
      endsAt: "2026-12-15T12:00:00Z",
      isOver: false,
      customerCount: 4,
      subscriptionCount: 4,
      productCount: 2,
      products: [
        {
          ...product,
          product: world.products.a.id,
          productCode: "A",
          productName: "Product A",
          subscriptionCount: 3,
          quantity: 18,
          freeSubscriptionCount: 1,
          freeQuantity: 5,
        },
        {
          ...product,
          product: world.products.b.id,
          productCode: "B",
          productName: "Product B",
          subscriptionCount: 2,
          quantity: 17,
          freeSubscriptionCount: 0,
          freeQuantity: 0,
        },
      ],
    });
    const past = await world.api.ask<Schemas["ActiveSubscriptionTotals"]>(
      "GET",
      `${path}/totals?month=2026-11`,
    );
    expect(past).toMatchObject({
      isOver: true,
      endsAt: "2026-11-30T23:00:00Z",
      subscriptionCount: 3,
    });
  });

  test("200 nothing, where there was nothing", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    expect(await world.api.ask("GET", `${path}/totals?month=2026-10`)).toMatchObject({
      customerCount: 0,
      subscriptionCount: 0,
      products: [],
    });
  });
});
