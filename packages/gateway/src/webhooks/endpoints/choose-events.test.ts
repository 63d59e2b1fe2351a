import { describe, expect, test } from "vitest";
import { placeNewEvents } from "../../events/place-events.ts";
import type { components } from "../../generated/api.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver, type Receiver } from "../../testing/start-receiver.ts";

type Schemas = components["schemas"];

describe.each(testStores)("what an endpoint gets on $name", (stores) => {
  /** The events that a receiver has got, by their types, with what their bodies say. */
  const bodiesOf = ({ received }: Receiver): readonly Schemas["WebhookEvent"][] =>
    received.map(({ body }) => JSON.parse(body));
  const typesOf = (receiver: Receiver): readonly string[] =>
    bodiesOf(receiver).map(({ type }) => type);

  /** Delivers all there is, up to a test event that comes last. */
  async function deliverAll(
    bench: DeliveryBench,
    endpoint: { readonly id: string },
    receiver: Receiver,
  ): Promise<void> {
    await bench.world.api.ask("POST", `/v1/webhook-endpoints/${endpoint.id}/test`);
    const { services } = bench.world.gateway.gateway;
    await placeNewEvents(bench.store, bench.partner, services.now);
    bench.startWorker();
    await until(async () => {
      const rows = await bench.store.reader
        .selectFrom("webhook_deliveries")
        .select("event")
        .where("endpoint", "=", endpoint.id)
        .where("status", "=", "pending")
        .execute();
      return rows.length === 0 && receiver.received.length > 0;
    });
  }

  test("exact types and whole families, numbered without a gap", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, {
      eventTypes: ["customer.created", "subscription.*"],
    });
    await bench.world.subscribe();
    const { data: customers } = await bench.world.api.ask<Schemas["CustomerList"]>(
      "GET",
      "/v1/customers",
    );
    await bench.world.api.ask("PATCH", `/v1/customers/${customers[0]?.id}`, { name: "Renamed" });
    await bench.world.subscribe();
    await deliverAll(bench, endpoint, receiver);
    const types = typesOf(receiver);
    expect(types).toContain("customer.created");
    expect(types).not.toContain("customer.updated");
    expect(types.filter((type) => type === "subscription.created")).toHaveLength(2);
    const sequences = receiver.received.map(({ body }) => JSON.parse(body).delivery.sequence);
    expect(sequences.toSorted((one, other) => one - other)).toEqual(
      sequences.map((_, index) => index + 1),
    );
  });

  test("only events about a product, about both when it is changed, and those that name none", async () => {
    const bench = await openDeliveryBench(stores);
    const { products } = bench.world;
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, {
      eventTypes: ["subscription.created", "subscription.product_changed", "customer.*"],
      filters: { products: [`code:${products.b.code}`, products.b.id] },
    });
    expect(endpoint.filters).toEqual({ products: [products.b.id], mode: null });
    const one = await bench.world.subscribe({ product: products.a.id });
    const two = await bench.world.subscribe({ product: products.b.id });
    await bench.world.api.ask("PATCH", `/v1/subscriptions/${one.id}`, { product: products.b.id });
    await bench.world.api.ask("PATCH", `/v1/subscriptions/${one.id}`, { product: products.a.id });
    await deliverAll(bench, endpoint, receiver);
    const got = bodiesOf(receiver)
      .filter(({ type }) => type.startsWith("subscription."))
      .map(({ type, data }) => `${type} ${data.id}`);
    expect(got.toSorted()).toEqual(
      [
        `subscription.created ${two.id}`,
        `subscription.product_changed ${one.id}`,
        `subscription.product_changed ${one.id}`,
      ].toSorted(),
    );
    expect(typesOf(receiver)).toContain("customer.created");
  });

  test("nothing where the partner is of another mode", async () => {
    const bench = await openDeliveryBench(stores);
    const { mode } = bench.world.partner;
    const otherMode = mode === "live" ? "sandbox" : "live";
    const receiver = await startReceiver();
    const wrong = await bench.addEndpoint(receiver.url, { filters: { mode: otherMode } });
    const right = await startReceiver();
    await bench.addEndpoint(right.url, { filters: { mode } });
    await bench.world.subscribe();
    await deliverAll(bench, wrong, receiver);
    await until(() => right.received.length > 0);
    expect(typesOf(receiver)).toEqual(["webhook_endpoint.test"]);
    expect(typesOf(right)).toContain("subscription.created");
  });

  test("filters change one by one, and null lifts them", async () => {
    const bench = await openDeliveryBench(stores);
    const { products } = bench.world;
    const { id } = await bench.addEndpoint("https://hooks.example.com/", {
      filters: { products: [products.a.id], mode: "live" },
    });
    const change = (filters: object): Promise<Schemas["WebhookEndpoint"]> =>
      bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${id}`, { filters });
    expect((await change({ mode: null })).filters).toEqual({
      products: [products.a.id],
      mode: null,
    });
    expect((await change({ products: null })).filters).toEqual({ products: null, mode: null });
  });

  test("a thin delivery says what it is about and no more; with full ones it shares the event", async () => {
    const bench = await openDeliveryBench(stores);
    const thin = await startReceiver();
    const full = await startReceiver();
    const endpoint = await bench.addEndpoint(thin.url, {
      eventTypes: ["subscription.created", "customer.created"],
      payload: "thin",
    });
    await bench.addEndpoint(full.url, { eventTypes: ["subscription.created"] });
    const { id } = await bench.world.subscribe();
    await deliverAll(bench, endpoint, thin);
    await until(() => full.received.length === 1);
    const created = thin.received.find(({ body }) => body.includes("subscription.created"));
    const [whole] = bodiesOf(full);
    const { mode, ...rest } = JSON.parse(created?.body ?? "").data;
    expect(rest).toEqual({ id, sequence: 1 });
    expect(mode).toBe(bench.world.partner.mode === "sandbox" ? "sandbox" : undefined);
    expect(JSON.parse(created?.body ?? "")).toMatchObject({
      type: "subscription.created",
      timestamp: whole?.timestamp,
      delivery: { endpoint: endpoint.id },
    });
    expect(whole?.data).toMatchObject({ id, activationCode: expect.any(String) });
    expect(thin.received.map(({ body }) => body).join("")).not.toContain("activationCode");
  });

  test("a thin delivery has the same bytes at every try", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    const { id } = await bench.addEndpoint(receiver.url, { payload: "thin" });
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(id)).length === 1);
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${id}`, { payload: "full" });
    bench.passMs(60_000);
    await until(async () => (await bench.listAttempts(id)).length === 2);
    expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body);
    expect(JSON.parse(receiver.received[0]?.body ?? "").data).toEqual({ id: "sub_a", sequence: 1 });
  });

  test("a test event is a real one, goes to its endpoint alone, whatever that asks for, and is on record", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const other = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, {
      eventTypes: ["bill.issued"],
      filters: { products: [bench.world.products.a.id] },
    });
    await bench.addEndpoint(other.url, { eventTypes: ["*"] });
    const reply = await bench.world.api.call<Schemas["Event"]>(
      "POST",
      `/v1/webhook-endpoints/${endpoint.id}/test`,
    );
    expect(reply.status).toBe(201);
    const { secret: _, ...shown } = endpoint;
    expect(reply.body).toMatchObject({
      type: "webhook_endpoint.test",
      data: { ...shown, previous: null },
    });
    expect(await bench.world.api.ask("GET", reply.headers.get("location") ?? "")).toEqual(
      reply.body,
    );
    bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { event: reply.body.id, eventType: "webhook_endpoint.test", status: "succeeded" },
    ]);
    const { id, ...event } = reply.body;
    expect(receiver.received.map((received) => received.id)).toEqual([id]);
    expect(bodiesOf(receiver)).toMatchObject([event]);
    await bench.addEvents("sub_a");
    await until(() => other.received.length > 0);
    expect(typesOf(other)).not.toContain("webhook_endpoint.test");
    expect(await bench.world.api.ask("GET", `/v1/audit-log?subject=${endpoint.id}`)).toMatchObject({
      data: [{ action: "testWebhookEndpoint", after: { event: id } }, {}],
    });
  });

  test("headers of one's own go with deliveries; they are shown by name, and nowhere by value", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const { id, headers } = await bench.addEndpoint(receiver.url, {
      headers: { Authorization: "Bearer s3cret-one", "X-Unit": "é \u00ff!" },
    });
    expect(headers).toEqual({
      Authorization: { setAt: "2026-11-24T09:00:00Z" },
      "X-Unit": { setAt: "2026-11-24T09:00:00Z" },
    });
    bench.startWorker();
    await bench.addEvents("sub_a");
    await until(() => receiver.received.length === 1);
    expect(receiver.received[0]?.headers).toMatchObject({
      authorization: "Bearer s3cret-one",
      "x-unit": "é \u00ff!",
      "content-type": "application/json",
      "webhook-id": expect.any(String),
    });

    bench.passMs(1_000);
    const path = `/v1/webhook-endpoints/${id}`;
    const change = {
      headers: { authorization: "Bearer s3cret-two", "X-UNIT": null, "X-New": "n" },
    };
    const changed = await bench.world.api.ask<Schemas["WebhookEndpoint"]>("PATCH", path, change);
    const then = { setAt: "2026-11-24T09:00:01Z" };
    expect(changed.headers).toEqual({ authorization: then, "X-New": then });
    bench.passMs(1_000);
    // The same once more is no change. The first delivery may have been recorded meanwhile.
    expect(await bench.world.api.ask("PATCH", path, change)).toEqual({
      ...changed,
      health: expect.anything(),
    });
    await bench.addEvents("sub_a");
    await until(() => receiver.received.length === 2);
    expect(receiver.received[1]?.headers).toMatchObject({
      authorization: "Bearer s3cret-two",
      "x-new": "n",
    });
    expect(receiver.received[1]?.headers).not.toHaveProperty("x-unit");

    const log = await bench.world.api.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${id}`,
    );
    expect(log.data.map(({ action }) => action)).toEqual([
      "updateWebhookEndpoint",
      "createWebhookEndpoint",
    ]);
    const texts = JSON.stringify([
      log,
      changed,
      await bench.store.reader.selectFrom("webhook_endpoints").selectAll().execute(),
      await bench.world.api.ask("GET", "/v1/webhook-endpoints"),
    ]);
    expect(texts).toContain("authorization");
    expect(texts).not.toContain("s3cret");
  });

  test.each([
    { "X-Ok": "a\r\nInjected: yes" },
    { "X-Ok": "a\nb" },
    { "X-Ok": "tab\there" },
    { "X-Ok": " leading" },
    { "X-Ok": "trailing " },
    { "X-Ok": "" },
    { "X-Ok": "☕" },
    { "X-Ok": "nul\u0000" },
    { "X Ok": "a" },
    { "X-Ok:": "a" },
    { "X\r\nOk": "a" },
    { "": "a" },
  ])("400 malformed_request for %j, when made and when changed", async (headers) => {
    const bench = await openDeliveryBench(stores);
    const { id } = await bench.addEndpoint("https://hooks.example.com/");
    const refused = { status: 400, body: { code: "malformed_request" } };
    const input = { url: "https://hooks.example.com/", eventTypes: ["*"], headers };
    const { api } = bench.world;
    expect(await api.call("POST", "/v1/webhook-endpoints", input)).toMatchObject(refused);
    expect(await api.call("PATCH", `/v1/webhook-endpoints/${id}`, { headers })).toMatchObject(
      refused,
    );
  });

  test("422 webhook_header_not_allowed for what isn't the owner's to set, 16 at the most over all changes", async () => {
    const bench = await openDeliveryBench(stores);
    const { api } = bench.world;
    const many = (from: number, count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-${from + index}`, "v"]));
    const { id } = await bench.addEndpoint("https://hooks.example.com/", { headers: many(0, 10) });
    const path = `/v1/webhook-endpoints/${id}`;
    const refused = { status: 422, body: { code: "webhook_header_not_allowed" } };
    for (const headers of [{ "Webhook-Id": "evt_1" }, { "X-A": "1", "x-a": "2" }, many(10, 7)])
      expect(await api.call("PATCH", path, { headers })).toMatchObject(refused);
    expect(await api.call("PATCH", path, { headers: many(10, 6) })).toMatchObject({ status: 200 });
    expect(await api.call("PATCH", path, { headers: { "X-0": null, "X-99": "v" } })).toMatchObject({
      status: 200,
    });
  });

  test("concurrency and ordering are kept as they are said, null being the gateway's", async () => {
    const bench = await openDeliveryBench(stores);
    const made = await bench.addEndpoint("https://hooks.example.com/", {
      concurrency: 2,
      ordering: "fifo",
    });
    expect(made).toMatchObject({ concurrency: 2, ordering: "fifo" });
    const path = `/v1/webhook-endpoints/${made.id}`;
    const changed = { concurrency: null, ordering: "subscription" };
    expect(await bench.world.api.ask("PATCH", path, changed)).toMatchObject(changed);
    expect(await bench.world.api.ask("GET", path)).toMatchObject(changed);
  });
});
