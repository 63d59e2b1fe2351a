import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { apiOf, makeWorld, type Reply, type World } from "../../testing/api.ts";
import { openDeliveryBench, until } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import { startTestGateway } from "../../testing/start-test-gateway.ts";

type Schemas = components["schemas"];
type Created = Schemas["CreatedWebhookEndpoint"];

const unknown = "wh_01m86d3dj0fhrrs8thyv5t4a1p";
const input = {
  url: "https://hooks.example.com/evergate",
  eventTypes: ["subscription.*", "bill.issued"],
  description: "CRM",
};

describe.each(testStores)("webhook endpoints on $name", (stores) => {
  const open = async (privateWebhooks = false): Promise<World> =>
    makeWorld(await startTestGateway(stores, { privateWebhooks }));

  test("201 shows the secret; no later answer and no record does", async () => {
    const { api, gateway } = await open();
    const created = await api.call<Created>("POST", "/v1/webhook-endpoints", input);
    expect(created).toMatchObject({
      status: 201,
      body: {
        ...input,
        enabled: true,
        createdAt: "2026-11-24T09:00:00Z",
        secret: expect.stringMatching(/^whsec_.{44}$/),
      },
    });
    expect(created.headers.get("location")).toBe(`/v1/webhook-endpoints/${created.body.id}`);
    const { secret, ...shown } = created.body;
    await api.ask("PATCH", `/v1/webhook-endpoints/${shown.id}`, { description: "" });
    const texts = [
      await api.ask("GET", `/v1/webhook-endpoints/${shown.id}`),
      await api.ask("GET", "/v1/webhook-endpoints"),
      await api.ask("GET", `/v1/audit-log?subject=${shown.id}`),
      await gateway.store.reader.selectFrom("webhook_endpoints").selectAll().execute(),
    ].map((answer) => JSON.stringify(answer));
    for (const text of texts) {
      expect(text).toContain(shown.id);
      expect(text).not.toContain(secret.slice(6));
    }
    expect(JSON.parse(texts[0] ?? "")).toEqual({
      ...shown,
      description: "",
      health: {
        status: "healthy",
        reason: null,
        failingSince: null,
        disabledAt: null,
        restsUntil: null,
        lastSuccessAt: null,
        lastFailureAt: null,
        pending: 0,
        lastError: null,
        nextAttemptAt: null,
        oldestPendingAt: null,
        lastSequence: 0,
      },
    });
  });

  test("only what is required is needed, and a secret of one's own is taken", async () => {
    const { api } = await open();
    const secret = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
    const body = { url: input.url, eventTypes: ["*"], secret, enabled: false };
    expect(await api.ask("POST", "/v1/webhook-endpoints", body)).toMatchObject({
      ...body,
      description: "",
    });
  });

  test("400 malformed_request for a secret that is none", async () => {
    const { api } = await open();
    const reply = await api.call("POST", "/v1/webhook-endpoints", {
      ...input,
      secret: `whsec_${"A".repeat(33)}`,
    });
    expect(reply).toMatchObject({
      status: 400,
      body: { code: "malformed_request", errors: [{ pointer: "/secret" }] },
    });
    expect(JSON.stringify(reply.body)).not.toContain("AAAA");
  });

  test.each([
    "http://hooks.example.com/",
    "https://user@hooks.example.com/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://[fd00::1]/",
  ])("422 webhook_url_not_allowed for %s, when made and when changed", async (url) => {
    const { api } = await open();
    const refused = { status: 422, body: { code: "webhook_url_not_allowed" } };
    expect(await api.call("POST", "/v1/webhook-endpoints", { ...input, url })).toMatchObject(
      refused,
    );
    const { id } = await api.ask<Created>("POST", "/v1/webhook-endpoints", input);
    expect(await api.call("PATCH", `/v1/webhook-endpoints/${id}`, { url })).toMatchObject(refused);
    expect(await api.ask("GET", `/v1/webhook-endpoints/${id}`)).toMatchObject({ url: input.url });
  });

  test("409 webhook_endpoint_limit_reached for the 17th, however many are asked for at once, until one is deleted", async () => {
    const { api } = await open();
    const make = (): Promise<Reply<Created>> => api.call("POST", "/v1/webhook-endpoints", input);
    const replies = await Promise.all(Array.from({ length: 24 }, make));
    const made = replies.filter(({ status }) => status === 201);
    expect(made).toHaveLength(16);
    for (const refused of replies.filter((reply) => !made.includes(reply)))
      expect(refused).toMatchObject({
        status: 409,
        body: { code: "webhook_endpoint_limit_reached" },
      });
    await api.ask("DELETE", `/v1/webhook-endpoints/${made[0]?.body.id}`);
    expect((await Promise.all([make(), make()])).map(({ status }) => status).toSorted()).toEqual([
      201, 409,
    ]);
  });

  test("a private address is taken where the operator allows it", async () => {
    const { api } = await open(true);
    expect(
      await api.call("POST", "/v1/webhook-endpoints", { ...input, url: "http://localhost:3000/" }),
    ).toMatchObject({ status: 201 });
  });

  test("200 for a change, which is recorded with what was before; without a change nothing is", async () => {
    const { api } = await open();
    const { secret: _, ...before } = await api.ask<Created>("POST", "/v1/webhook-endpoints", input);
    const change = {
      url: "https://other.example.com/",
      eventTypes: ["*"],
      description: "ERP",
      enabled: false,
    };
    const path = `/v1/webhook-endpoints/${before.id}`;
    const after = { ...before, ...change };
    const answer = await api.ask<Schemas["WebhookEndpoint"]>("PATCH", path, change);
    expect(answer).toEqual({ ...after, health: answer.health });
    expect(await api.ask("PATCH", path, change)).toEqual(answer);
    const { data } = await api.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${before.id}`,
    );
    expect(data).toMatchObject([
      { action: "updateWebhookEndpoint", before, after },
      { action: "createWebhookEndpoint", before: null, after: before },
    ]);
  });

  test("204 for a deletion; then 404, and the gateway removes what was still to be delivered", async () => {
    const bench = await openDeliveryBench(stores, { withBackground: true });
    const { api } = bench.world;
    const { id } = await bench.addEndpoint("https://hooks.example.com/", { enabled: false });
    await bench.addEvents("sub_a");
    expect(await api.call("DELETE", `/v1/webhook-endpoints/${id}`)).toMatchObject({ status: 204 });
    expect(await api.call("GET", `/v1/webhook-endpoints/${id}`)).toMatchObject({ status: 404 });
    const count = async (table: "webhook_deliveries" | "webhook_endpoints"): Promise<number> =>
      (await bench.store.reader.selectFrom(table).select("partner").execute()).length;
    await until(async () => (await count("webhook_endpoints")) === 0);
    expect(await count("webhook_deliveries")).toBe(0);
    expect(await api.ask("GET", `/v1/audit-log?subject=${id}`)).toMatchObject({
      data: [{ action: "deleteWebhookEndpoint", after: null }, {}],
    });
  });

  test("404 for what never was and for what is another partner's", async () => {
    const world = await open();
    const { id } = await world.api.ask<Created>("POST", "/v1/webhook-endpoints", input);
    const other = await world.operator.ask<Schemas["CreatedPartner"]>("POST", "/v1/partners", {
      name: "Other",
      type: "reseller",
      currency: "EUR",
      timeZone: "Europe/Bratislava",
      billingPeriod: "calendar_month",
      mode: "live",
    });
    const strange = apiOf(world.gateway, other.apiKey.secret);
    for (const [api, endpoint] of [[world.api, unknown] as const, [strange, id] as const]) {
      const path = `/v1/webhook-endpoints/${endpoint}`;
      const replies = [
        await api.call("GET", path),
        await api.call("PATCH", path, { enabled: false }),
        await api.call("DELETE", path),
        await api.call("GET", `${path}/attempts`),
      ];
      for (const reply of replies)
        expect(reply).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    expect(await strange.ask("GET", "/v1/webhook-endpoints")).toEqual({
      data: [],
      nextCursor: null,
    });
    expect(await world.api.ask("GET", `/v1/webhook-endpoints/${id}`)).toMatchObject({
      enabled: true,
    });
  });

  test("endpoints and attempts are listed page by page, newest first", async () => {
    const bench = await openDeliveryBench(stores);
    const { api } = bench.world;
    const receiver = await startReceiver();
    const made = [
      await bench.addEndpoint(receiver.url),
      await bench.addEndpoint(receiver.url, { eventTypes: ["bill.issued"] }),
    ].map(({ id }) => id);
    const first = await api.ask<Schemas["WebhookEndpointList"]>(
      "GET",
      "/v1/webhook-endpoints?limit=1",
    );
    const second = await api.ask<Schemas["WebhookEndpointList"]>(
      "GET",
      `/v1/webhook-endpoints?limit=1&after=${first.nextCursor}`,
    );
    expect([...first.data, ...second.data].map(({ id }) => id)).toEqual(made.toReversed());
    expect(second.nextCursor).toBeNull();

    const ids = await bench.addEvents("sub_a", "sub_a", "sub_a");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(made[0] ?? "")).length === 3);
    const path = `/v1/webhook-endpoints/${made[0]}/attempts?limit=2`;
    const page = await api.ask<Schemas["WebhookAttemptList"]>("GET", path);
    const rest = await api.ask<Schemas["WebhookAttemptList"]>(
      "GET",
      `${path}&after=${page.nextCursor}`,
    );
    expect([...page.data, ...rest.data].map(({ event }) => event)).toEqual(ids.toReversed());
    expect(await bench.listAttempts(made[1] ?? "")).toEqual([]);
  });
});
