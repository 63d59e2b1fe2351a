import { formatInstant, toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { makeId } from "../../ids.ts";
import { makeWorld } from "../../testing/api.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import { testNow } from "../../testing/start-test-gateway.ts";
import { tellOverdue } from "./tell-overdue.ts";
import { withdrawReceipts } from "./withdraw-receipts.ts";

type Schemas = components["schemas"];

const url = "https://hooks.example.com/";
const everyChange: Schemas["ReceiptTerms"] = {
  eventTypes: ["subscription.*"],
  within: { minutes: 60 },
};

async function readProvisioning(
  { world }: DeliveryBench,
  subscription: string,
): Promise<Schemas["Provisioning"] | null> {
  const one = await world.api.ask<Schemas["SubscriptionRead"]>(
    "GET",
    `/v1/subscriptions/${subscription}`,
  );
  const { data } = await world.api.ask<Schemas["SubscriptionList"]>("GET", "/v1/subscriptions");
  // A list shows of each what reading it alone does.
  expect(data.find(({ id }) => id === subscription)?.provisioning).toEqual(one.provisioning);
  return one.provisioning;
}

async function listReceipts(
  { world }: DeliveryBench,
  query: string = "",
): Promise<readonly Schemas["Receipt"][]> {
  const { data } = await world.api.ask<Schemas["ReceiptList"]>(
    "GET",
    `/v1/receipts?limit=200${query}`,
  );
  return data;
}

async function countReceipts({ store }: DeliveryBench): Promise<number> {
  return (await store.reader.selectFrom("receipts").select("id").execute()).length;
}

async function listEvents(
  { world }: DeliveryBench,
  query: string,
): Promise<readonly Schemas["Event"][]> {
  const { data } = await world.api.ask<Schemas["EventList"]>("GET", `/v1/events?${query}`);
  return data;
}

function makeSubscriptionIds(length: number): readonly string[] {
  return Array.from({ length }, () => makeId("sub"));
}

describe.each(testStores)("receipts on $name", (stores) => {
  test("a subscription is pending until its newest event is reported as applied", async () => {
    const bench = await openDeliveryBench(stores);
    const { api } = bench.world;
    const subscribed = await bench.world.subscribe();
    expect(await readProvisioning(bench, subscribed.id)).toBeNull();
    await listEvents(bench, "limit=1");
    const endpoint = await bench.addEndpoint(url, { eventTypes: ["*"], receipts: everyChange });
    // What had been handed out before is owed by nobody.
    expect(await listReceipts(bench)).toEqual([]);
    expect(await readProvisioning(bench, subscribed.id)).toBeNull();

    const changed = await api.call<Schemas["Subscription"]>(
      "PATCH",
      `/v1/subscriptions/${subscribed.id}`,
      { quantity: 25 },
    );
    expect(changed.body).not.toHaveProperty("provisioning");
    const [event] = (await listEvents(bench, `subscription=${subscribed.id}`)).slice(-1);
    expect(event?.type).toBe("subscription.quantity_changed");
    const pending = {
      status: "pending",
      event: event?.id,
      eventType: "subscription.quantity_changed",
      endpoint: endpoint.id,
      since: "2026-11-24T09:00:00Z",
      detail: null,
    };
    expect(await readProvisioning(bench, subscribed.id)).toEqual(pending);

    bench.passMs(90_000);
    const receipt = await api.ask<Schemas["Receipt"]>("POST", `/v1/events/${event?.id}/receipt`, {
      status: "applied",
      detail: "Tenant 4711 has 25 seats.",
    });
    expect(receipt).toEqual({
      id: expect.stringMatching(/^receipt_/),
      event: event?.id,
      eventType: "subscription.quantity_changed",
      endpoint: endpoint.id,
      subscription: subscribed.id,
      status: "applied",
      detail: "Tenant 4711 has 25 seats.",
      expectedAt: "2026-11-24T09:00:00Z",
      dueAt: "2026-11-24T10:00:00Z",
      answeredAt: "2026-11-24T09:01:30Z",
    });
    expect(await readProvisioning(bench, subscribed.id)).toEqual({
      ...pending,
      status: "applied",
      since: "2026-11-24T09:01:30Z",
      detail: "Tenant 4711 has 25 seats.",
    });
    const then = await api.ask<Schemas["SubscriptionRead"]>(
      "GET",
      `/v1/subscriptions/${subscribed.id}?asOf=2026-11-24T09:00:00Z`,
    );
    expect(then.provisioning).toBeNull();
    expect(await listReceipts(bench, `&event=${event?.id}`)).toEqual([receipt]);
    expect(await listReceipts(bench, "&status=pending")).toEqual([]);

    await api.ask("POST", `/v1/subscriptions/${subscribed.id}/pause`, { days: 14 });
    expect(await readProvisioning(bench, subscribed.id)).toMatchObject({
      status: "pending",
      eventType: "subscription.paused",
    });
  });

  test("what an endpoint gets for the first time by being delivered once more is owed too, and nothing older decides", async () => {
    const bench = await openDeliveryBench(stores);
    const { api } = bench.world;
    const subscribed = await bench.world.subscribe();
    const [created, started] = await listEvents(bench, `subscription=${subscribed.id}`);
    const endpoint = await bench.addEndpoint(url, { eventTypes: ["*"], receipts: everyChange });
    const redeliver = (event: Schemas["Event"] | undefined): Promise<unknown> =>
      api.ask("POST", `/v1/events/${event?.id}/redeliver`, { endpoint: endpoint.id });
    const decides = async (): Promise<unknown> => {
      const provisioning = await readProvisioning(bench, subscribed.id);
      return [provisioning?.event, provisioning?.status];
    };

    await redeliver(started);
    expect(await decides()).toEqual([started?.id, "pending"]);
    await redeliver(created);
    expect(await decides()).toEqual([started?.id, "pending"]);
    expect((await listReceipts(bench)).map(({ event, status }) => [event, status])).toEqual([
      [created?.id, "pending"],
      [started?.id, "pending"],
    ]);
    await api.ask("POST", `/v1/events/${created?.id}/receipt`, { status: "applied" });
    expect(await decides()).toEqual([started?.id, "pending"]);

    await api.ask("PATCH", `/v1/subscriptions/${subscribed.id}`, { quantity: 25 });
    const [changed] = (await listEvents(bench, `subscription=${subscribed.id}`)).slice(-1);
    expect(await decides()).toEqual([changed?.id, "pending"]);
    // Once more what it has had: nothing is owed twice, and what was reported stays.
    await redeliver(created);
    expect(await countReceipts(bench)).toBe(3);
    expect(await listReceipts(bench, "&status=applied")).toMatchObject([{ event: created?.id }]);
  });

  test("the answer to a delivery may bring the receipt, and the record says that the endpoint gave it", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response, request) => {
      const { type } = JSON.parse(request.body) as { type: string };
      const status = type === "subscription.created" ? "applied" : "rejected";
      const detail = `${type}\nis ${status}. ${"x".repeat(600)}`;
      if (type === "subscription.trial_started") response.writeHead(204).end();
      else response.writeHead(200).end(JSON.stringify({ ok: true, receipt: { status, detail } }));
    });
    const endpoint = await bench.addEndpoint(receiver.url, { receipts: everyChange });
    // An endpoint that is asked for nothing may answer the same.
    const unasked = await startReceiver();
    unasked.answer((response) => response.end('{"receipt":{"status":"applied"}}'));
    await bench.addEndpoint(unasked.url);
    const { id } = await bench.world.subscribe();
    const events = await listEvents(bench, `subscription=${id}`);
    bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length === events.length);
    const receipts = (await listReceipts(bench)).toReversed();
    expect(receipts.map(({ eventType, status }) => `${eventType} ${status}`)).toEqual(
      events.map(({ type }) =>
        type === "subscription.created"
          ? `${type} applied`
          : type === "subscription.trial_started"
            ? `${type} pending`
            : `${type} rejected`,
      ),
    );
    const applied = receipts.find(({ status }) => status === "applied");
    const expected = `subscription.created is applied. ${"x".repeat(600)}`.slice(0, 500);
    expect(applied?.detail).toBe(expected);
    expect(applied?.answeredAt).toBe("2026-11-24T09:00:00Z");
    const rejected = receipts.filter(({ status }) => status === "rejected");
    expect(rejected.length).toBeGreaterThan(0);
    expect((await listEvents(bench, "type=receipt.*")).map(({ data }) => data)).toEqual(
      rejected.map((receipt) => ({ ...receipt, mode: "sandbox" })),
    );
    const { data: record } = await bench.world.api.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${applied?.id}`,
    );
    expect(record).toMatchObject([
      {
        action: "recordReceipt",
        actor: endpoint.id,
        before: { status: "pending" },
        after: { status: "applied", detail: expected },
      },
    ]);
  });

  test("what is rejected is told once and can be applied later, never the other way round", async () => {
    const bench = await openDeliveryBench(stores);
    const { api } = bench.world;
    await bench.addEndpoint(url, { receipts: everyChange });
    const { id } = await bench.world.subscribe();
    const [event] = (await listEvents(bench, `subscription=${id}`)).slice(-1);
    const report = (input: Schemas["ReceiptInput"]): ReturnType<typeof api.call> =>
      api.call("POST", `/v1/events/${event?.id}/receipt`, input);
    const locked = { status: "rejected", detail: "The tenant is locked." } as const;
    const first = await report(locked);
    expect(first).toMatchObject({ status: 200, body: locked });
    bench.passMs(60_000);
    // The same again, with or without its detail, says nothing new.
    expect((await report(locked)).body).toEqual(first.body);
    expect((await report({ status: "rejected" })).body).toEqual(first.body);
    expect(await readProvisioning(bench, id)).toMatchObject(locked);
    const told = await listEvents(bench, "type=receipt.*");
    expect(told).toEqual([
      {
        id: expect.any(String),
        type: "receipt.rejected",
        timestamp: "2026-11-24T09:00:00Z",
        data: { ...(first.body as Schemas["Receipt"]), mode: "sandbox" },
      },
    ]);
    expect(await report({ status: "rejected", detail: "Still." })).toMatchObject({
      status: 200,
      body: { detail: "Still.", answeredAt: "2026-11-24T09:00:00Z" },
    });

    const applied = await report({ status: "applied" });
    expect(applied).toMatchObject({
      status: 200,
      body: { status: "applied", detail: null, answeredAt: "2026-11-24T09:01:00Z" },
    });
    expect(await report(locked)).toMatchObject({
      status: 409,
      body: {
        code: "receipt_already_applied",
        detail: `${event?.id} was reported as applied at 2026-11-24T09:01:00Z, which is final.`,
      },
    });
    expect((await report({ status: "applied", detail: null })).body).toEqual(applied.body);
    expect(await listEvents(bench, "type=receipt.*")).toEqual(told);
    const { data: record } = await api.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${(applied.body as Schemas["Receipt"]).id}`,
    );
    expect(record).toHaveLength(3);
  });

  test("of reports that come at once and differ, applied stands in the end", async () => {
    const bench = await openDeliveryBench(stores);
    await bench.addEndpoint(url, { receipts: everyChange });
    const { id } = await bench.world.subscribe();
    const [event] = await listEvents(bench, `subscription=${id}`);
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        bench.world.api.call("POST", `/v1/events/${event?.id}/receipt`, {
          status: index % 2 === 0 ? "rejected" : "applied",
        }),
      ),
    );
    for (const [index, { status }] of replies.entries())
      expect(index % 2 === 0 ? [200, 409] : [200]).toContain(status);
    expect(await listReceipts(bench, `&event=${event?.id}`)).toMatchObject([{ status: "applied" }]);
    const told = await listEvents(bench, "type=receipt.rejected");
    const wasRejected = replies.some(({ status }, index) => index % 2 === 0 && status === 200);
    expect(told).toHaveLength(wasRejected ? 1 : 0);
  });

  test("of several endpoints each owes its own, the worst decides, and only a subscription's own events do", async () => {
    const bench = await openDeliveryBench(stores);
    const { api } = bench.world;
    const one = await bench.addEndpoint(url, { receipts: everyChange });
    const other = await bench.addEndpoint(url, {
      eventTypes: ["*"],
      receipts: { eventTypes: ["*"], within: { minutes: 5 } },
    });
    await bench.addEndpoint(url, { eventTypes: ["*"] });
    const { id } = await bench.world.subscribe();
    const events = await listEvents(bench, `subscription=${id}`);
    const [event] = events.slice(-1);
    const report = (input: Schemas["ReceiptInput"]): ReturnType<typeof api.call> =>
      api.call("POST", `/v1/events/${event?.id}/receipt`, input);
    expect(await report({ status: "applied" })).toMatchObject({
      status: 422,
      body: { code: "receipt_endpoint_required" },
    });
    await report({ status: "applied", endpoint: one.id });
    expect(await readProvisioning(bench, id)).toMatchObject({
      status: "pending",
      endpoint: other.id,
    });
    await report({ status: "rejected", endpoint: other.id });
    expect(await readProvisioning(bench, id)).toMatchObject({
      status: "rejected",
      endpoint: other.id,
    });
    await report({ status: "applied", endpoint: other.id });
    expect(await readProvisioning(bench, id)).toMatchObject({ status: "applied" });

    // The end of December: a renewal, which both get, and a charge, which only the other gets.
    await bench.world.advanceTo("2027-01-01T09:00:00Z");
    const later = (await listEvents(bench, `subscription=${id}`)).slice(events.length);
    const charge = later.findLast(({ type }) => type === "charge.created");
    expect(charge).toBeDefined();
    expect(await readProvisioning(bench, id)).toMatchObject({ status: "pending" });
    for (const { id: owed } of later.filter(({ type }) => type.startsWith("subscription.")))
      for (const endpoint of [one.id, other.id])
        await api.ask("POST", `/v1/events/${owed}/receipt`, { status: "applied", endpoint });
    await api.ask("POST", `/v1/events/${charge?.id}/receipt`, { status: "rejected" });
    expect(await readProvisioning(bench, id)).toMatchObject({ status: "applied" });
    expect(await listReceipts(bench, "&status=rejected")).toMatchObject([
      { eventType: "charge.created", subscription: id },
    ]);
    // Nobody owes a receipt of an event about receipts, or there would be no end of them.
    expect(await listEvents(bench, "type=receipt.rejected")).toHaveLength(2);
    expect(
      (await listReceipts(bench)).filter(({ eventType }) => eventType.startsWith("receipt.")),
    ).toEqual([]);
  });

  test("409 receipt_not_expected where nobody was asked", async () => {
    const bench = await openDeliveryBench(stores);
    const { api } = bench.world;
    const asked = await bench.addEndpoint(url, {
      eventTypes: ["*"],
      receipts: { eventTypes: ["subscription.created"], within: { minutes: 1 } },
    });
    const unasked = await bench.addEndpoint(url);
    const { id } = await bench.world.subscribe();
    const events = await listEvents(bench, `subscription=${id}`);
    const created = events.find(({ type }) => type === "subscription.created");
    const started = events.find(({ type }) => type === "subscription.trial_started");
    const refused = { status: 409, body: { code: "receipt_not_expected" } };
    for (const [event, endpoint] of [
      [started?.id, undefined],
      [started?.id, asked.id],
      [created?.id, unasked.id],
    ])
      expect(
        await api.call("POST", `/v1/events/${event}/receipt`, {
          status: "applied",
          ...(endpoint === undefined ? {} : { endpoint }),
        }),
      ).toMatchObject(refused);
    expect(
      await api.call("POST", `/v1/events/${created?.id}/receipt`, {
        status: "applied",
        endpoint: asked.id,
      }),
    ).toMatchObject({ status: 200 });
    expect(
      await api.call("PATCH", `/v1/webhook-endpoints/${asked.id}`, {
        receipts: { eventTypes: ["receipt.overdue"], within: { minutes: 1 } },
      }),
    ).toMatchObject({ status: 400, body: { code: "malformed_request" } });
  });

  test("what does not come in time is overdue, and told once, however many look", async () => {
    const bench = await openDeliveryBench(stores);
    const { services } = bench.world.gateway.gateway;
    await bench.addEndpoint(url, { receipts: everyChange });
    // More than a chunk.
    await bench.addEvents(...makeSubscriptionIds(450));
    const [last] = await listReceipts(bench);
    bench.passMs(3_599_999);
    expect(await tellOverdue(services)).toBe(0);
    bench.passMs(86_400_001);
    await bench.world.api.ask("POST", `/v1/events/${last?.event}/receipt`, { status: "applied" });
    const counts: number[] = [];
    const look = async (): Promise<void> => {
      for (let found = 1; found > 0;) counts.push((found = await tellOverdue(services)));
    };
    await Promise.all([look(), look(), look()]);
    expect(Math.max(...counts)).toBe(100);

    const { world, store, partner } = bench;
    const told = await store.reader
      .selectFrom("events")
      .select(["occurred_at", "payload"])
      .where("type", "=", "receipt.overdue")
      .execute();
    const subjects = told.map(
      ({ payload }) => (JSON.parse(payload) as Schemas["ReceiptEvent"]).data.id,
    );
    expect(subjects).toHaveLength(449);
    expect(new Set(subjects).size).toBe(449);
    // A sandbox tells its own time, also of what the system's clock brings about.
    expect(new Set(told.map(({ occurred_at }) => occurred_at))).toEqual(new Set([testNow]));
    const overdue = await world.api.ask<Schemas["ReceiptList"]>(
      "GET",
      "/v1/receipts?status=overdue&limit=200",
    );
    expect(overdue.data).toHaveLength(200);
    expect(overdue.data[0]).toMatchObject({
      status: "overdue",
      answeredAt: null,
      dueAt: "2026-11-24T10:00:00Z",
    });
    const { data: record } = await world.api.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${overdue.data[0]?.id}`,
    );
    expect(record).toMatchObject([{ action: "receipt.overdue", actor: "clock" }]);
    expect(partner).toBe(record[0]?.partner);

    // Late is better than never.
    const late = overdue.data[0]!;
    await world.api.ask("POST", `/v1/events/${late.event}/receipt`, { status: "applied" });
    expect(await listReceipts(bench, `&event=${late.event}`)).toMatchObject([
      { id: late.id, status: "applied", dueAt: late.dueAt },
    ]);
  });

  test("a live partner hears of it as of when it was due, whenever that is noticed (R3)", async () => {
    const bench = await openDeliveryBench(stores);
    const { services } = bench.world.gateway.gateway;
    const live = await makeWorld(bench.world.gateway, { mode: "live", name: "Vltava Net" });
    await live.api.ask("POST", "/v1/webhook-endpoints", {
      url,
      eventTypes: ["subscription.*"],
      receipts: everyChange,
    });
    const { id } = await live.subscribe();
    await live.api.ask("GET", "/v1/events");
    bench.passMs(5 * 86_400_000);
    expect(await tellOverdue(services)).toBeGreaterThan(0);
    const { data } = await live.api.ask<Schemas["EventList"]>("GET", "/v1/events?type=receipt.*");
    expect(new Set(data.map(({ timestamp }) => timestamp))).toEqual(
      new Set([formatInstant(toInstant(testNow + 3_600_000))]),
    );
    const one = await live.api.ask<Schemas["SubscriptionRead"]>("GET", `/v1/subscriptions/${id}`);
    expect(one.provisioning).toMatchObject({ status: "overdue", since: "2026-11-24T10:00:00Z" });
  });

  test("a running gateway finds by itself what is overdue, and what is owed no more", async () => {
    const bench = await openDeliveryBench(stores, { withBackground: true });
    const endpoint = await bench.addEndpoint(url, {
      enabled: false,
      receipts: { eventTypes: ["*"], within: { minutes: 1 } },
    });
    await bench.world.subscribe();
    await until(async () => (await listReceipts(bench, "&status=pending")).length === 3);
    bench.passMs(60_000);
    await until(async () => (await listEvents(bench, "type=receipt.overdue")).length === 3);
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, { receipts: null });
    await until(async () => (await listReceipts(bench)).length === 0);
  });

  test("who is asked no more, or is deleted, owes nothing; whoever is asked anew owes what comes then", async () => {
    const bench = await openDeliveryBench(stores);
    const { api } = bench.world;
    const { services } = bench.world.gateway.gateway;
    const kept = await bench.addEndpoint(url, { receipts: everyChange });
    const { id } = await bench.world.subscribe();
    const [event] = await listEvents(bench, `subscription=${id}`);
    await api.ask("POST", `/v1/events/${event?.id}/receipt`, { status: "applied" });
    await bench.addEvents(...makeSubscriptionIds(700));
    expect(await readProvisioning(bench, id)).toMatchObject({ status: "pending" });
    await api.ask("PATCH", `/v1/webhook-endpoints/${kept.id}`, { receipts: null });
    expect(await readProvisioning(bench, id)).toBeNull();
    bench.passMs(1_000);
    const again = await api.ask<Schemas["WebhookEndpoint"]>(
      "PATCH",
      `/v1/webhook-endpoints/${kept.id}`,
      { receipts: everyChange },
    );
    expect(again.receipts).toEqual(everyChange);
    await bench.addEvents(...makeSubscriptionIds(1));
    const counts: number[] = [];
    for (let isMoreLeft = true; isMoreLeft;) {
      isMoreLeft = await withdrawReceipts(services);
      counts.push(await countReceipts(bench));
    }
    // A chunk at a time.
    expect(counts).toEqual([204, 2, 2]);
    // What was reported stays; what was owed is owed no more.
    expect((await listReceipts(bench)).map(({ status }) => status)).toEqual(["pending", "applied"]);
    bench.passMs(86_400_000);
    expect(await tellOverdue(services)).toBe(1);
    expect(await listEvents(bench, "type=receipt.overdue")).toHaveLength(1);

    const gone = await bench.addEndpoint(url, { receipts: everyChange });
    await bench.addEvents(...makeSubscriptionIds(1));
    expect(await listReceipts(bench, "&status=pending")).toHaveLength(2);
    await api.ask("DELETE", `/v1/webhook-endpoints/${gone.id}`);
    while (await withdrawReceipts(services));
    expect(await listReceipts(bench, "&status=pending")).toHaveLength(1);
    const kinds = ["provisionings", "receipt_withdrawals"] as const;
    for (const table of kinds) {
      const rows = await bench.store.reader
        .selectFrom(table)
        .select("endpoint")
        .where("endpoint", "=", gone.id)
        .execute();
      expect(rows).toEqual([]);
    }
    bench.passMs(86_400_000);
    await tellOverdue(services);
    const overdue = await listEvents(bench, "type=receipt.overdue");
    expect(overdue.map(({ data }) => (data as Schemas["Receipt"]).endpoint)).toEqual([
      kept.id,
      kept.id,
    ]);
    expect(await listReceipts(bench, "&status=pending")).toEqual([]);
  });
});
