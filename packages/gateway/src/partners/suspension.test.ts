import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operations, type DeclaredOperation } from "../conformance/contract.ts";
import { dumpTables } from "../conformance/dump-tables.ts";
import { takePartner } from "../conformance/requests.ts";
import { makeRequest, send } from "../conformance/requests.ts";
import { makeScene, type Scene } from "../conformance/scene.ts";
import type { components } from "../generated/api.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

const ofPartner = operations.filter(
  ({ security }) => security !== null && "partnerKey" in security,
);
const reading = ofPartner.filter(({ method }) => method === "get");
const changing = ofPartner.filter(({ method }) => method !== "get");
const successOf = ({ replies }: DeclaredOperation): number | undefined =>
  [...replies.keys()].find((status) => status < 300);

describe.each(testStores)("a suspended partner on $name", (stores) => {
  let scene: Scene;
  /** Well-formed requests that would succeed, made while the partner was not suspended yet. */
  const requests = new Map<string, Awaited<ReturnType<typeof makeRequest>>>();
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
    for (const operation of ofPartner)
      requests.set(operation.id, await makeRequest(scene, scene.one, operation));
    await scene.operator.ask("POST", `/v1/partners/${scene.one.ids["partnerId"]}/suspend`, {
      reason: "Two bills are unpaid.",
    });
  });
  afterAll(() => scene.gateway.close());

  async function sendAs(operation: DeclaredOperation, key: string) {
    const parts = requests.get(operation.id);
    if (parts === undefined) throw new Error(`No request for ${operation.id}.`);
    const named: Record<string, string> =
      key === scene.one.key ? {} : { "evergate-partner": scene.one.ids["partnerId"] ?? "" };
    return send(scene, operation, { ...parts, key, headers: { ...parts.headers, ...named } });
  }

  test("both kinds of operations are there to be tried", () => {
    expect(reading.length).toBeGreaterThan(10);
    expect(changing.length).toBeGreaterThan(10);
  });

  test.each(changing)("can't $id, and nothing is left of the attempt", async (operation) => {
    // Reading events gives new ones their places.
    await scene.one.api.ask("GET", "/v1/events");
    const before = await dumpTables(scene.gateway.store);
    const reply = await sendAs(operation, scene.one.key);
    const { code, detail } = reply.body as Schemas["Problem"];
    expect(`${operation.id} ${reply.status} ${code}`).toBe(`${operation.id} 403 partner_suspended`);
    expect(detail).toContain("suspended");
    expect(operation.codes.get(403)).toContain("partner_suspended");
    expect(await dumpTables(scene.gateway.store)).toEqual(before);
  });

  test.each(reading)("can $id", async (operation) => {
    const reply = await sendAs(operation, scene.one.key);
    expect(`${operation.id} ${reply.status}`).toBe(`${operation.id} ${successOf(operation)}`);
  });

  test.each(changing)("is acted for by the operator: $id", async (operation) => {
    const reply = await sendAs(operation, scene.gateway.operatorKey);
    expect(`${operation.id} ${reply.status} ${reply.status < 300 ? "" : reply.text}`).toBe(
      `${operation.id} ${successOf(operation)} `,
    );
  });

  test("is told why, and no other partner feels it", async () => {
    expect(await scene.one.api.ask("GET", "/v1/partner")).toMatchObject({
      status: "suspended",
      suspension: { since: "2026-11-24T09:00:00Z", reason: "Two bills are unpaid." },
    });
    expect(await scene.other.api.ask("GET", "/v1/partner")).toMatchObject({ suspension: null });
    await scene.other.api.ask("POST", "/v1/customers", { name: "Of another partner" });
  });
});

describe.each(testStores)("suspension and its end on $name", (stores) => {
  test("service, clock and bill go on, and so do the events", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { operator, api, partner } = world;
    const { id } = await world.subscribe();
    const suspended = await operator.ask<Schemas["Partner"]>(
      "POST",
      `/v1/partners/${partner.id}/suspend`,
      { reason: "Two bills are unpaid." },
    );
    expect(suspended.status).toBe("suspended");
    // The sandbox's own key can't, an operator acting for it can.
    expect(
      (await api.call("POST", "/v1/sandbox/clock/advance", { to: "2027-02-01T00:00:00+01:00" }))
        .status,
    ).toBe(403);
    await operator.ask(
      "POST",
      "/v1/sandbox/clock/advance",
      { to: "2027-02-01T00:00:00+01:00" },
      { headers: { "evergate-partner": partner.id } },
    );
    const { data: bills } = await api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    expect(bills.map(({ month, net }) => `${month} ${net}`)).toEqual([
      "2027-01 20.00",
      "2026-12 20.00",
    ]);
    expect(await api.ask("GET", `/v1/subscriptions/${id}`)).toMatchObject({ status: "active" });

    const reinstated = await operator.ask<Schemas["Partner"]>(
      "POST",
      `/v1/partners/${partner.id}/reinstate`,
    );
    expect(reinstated).toMatchObject({ status: "live", suspension: null });
    await api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 25 });

    const { data: events } = await api.ask<Schemas["EventList"]>(
      "GET",
      "/v1/events?type=partner.*",
    );
    expect(events.map(({ type, timestamp }) => `${timestamp} ${type}`)).toEqual([
      "2026-11-24T09:00:00Z partner.approved",
      "2026-11-24T09:00:00Z partner.suspended",
      "2027-01-31T23:00:00Z partner.reinstated",
    ]);
    expect(events[1]?.data).toMatchObject({
      status: "suspended",
      suspension: { since: "2026-11-24T09:00:00Z", reason: "Two bills are unpaid." },
      previous: { status: "live", suspension: null },
    });
    expect(events[2]?.data).toMatchObject({
      status: "live",
      previous: { status: "suspended", suspension: { reason: "Two bills are unpaid." } },
    });
    const all = await api.ask<Schemas["EventList"]>("GET", "/v1/events?type=subscription.renewed");
    expect(all.data).toHaveLength(2);
  });

  test("approved until the first subscription, and live from then on, on record once", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const statusOf = async (): Promise<string> =>
      (await world.api.ask<Schemas["Partner"]>("GET", "/v1/partner")).status;
    await world.api.ask("POST", "/v1/customers", { name: "No subscription yet" });
    expect(await statusOf()).toBe("approved");
    await Promise.all([world.subscribe(), world.subscribe(), world.subscribe()]);
    expect(await statusOf()).toBe("live");
    const { data } = await world.operator.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${world.partner.id}`,
    );
    expect(
      data.map(({ action, before, after }) => [action, before?.["status"], after?.["status"]]),
    ).toEqual([
      ["createSubscription", "approved", "live"],
      ["createPartner", undefined, "approved"],
    ]);
  });

  test("a partner suspended before its first subscription becomes what it would have been", async () => {
    const gateway = await startTestGateway(stores);
    const { operator, partner, products } = await makeWorld(gateway);
    const act = (path: string, body?: unknown): Promise<Schemas["Partner"]> =>
      operator.ask("POST", `/v1/partners/${partner.id}/${path}`, body);
    await act("suspend", { reason: "Papers are missing." });
    expect((await act("reinstate")).status).toBe("approved");
    await act("suspend", { reason: "Papers are missing still." });
    await operator.ask(
      "POST",
      "/v1/subscriptions",
      { customer: { name: "Made by the operator" }, product: products.a.id, quantity: 5 },
      { headers: { "evergate-partner": partner.id } },
    );
    expect(await operator.ask("GET", `/v1/partners/${partner.id}`)).toMatchObject({
      status: "suspended",
    });
    expect((await act("reinstate")).status).toBe("live");
  });

  test("a key made while suspended is no way around it, and scopes come first", async () => {
    const gateway = await startTestGateway(stores);
    const world = await makeWorld(gateway);
    const scene = { gateway, operator: world.operator };
    const { id, api } = await takePartner(scene);
    await world.operator.ask("POST", `/v1/partners/${id}/suspend`, { reason: "Unpaid." });
    const keyWith = async (scopes: readonly string[]): Promise<string> =>
      (
        await world.operator.ask<Schemas["CreatedApiKey"]>("POST", "/v1/api-keys", {
          kind: "partner",
          partner: id,
          name: "Another",
          scopes,
        })
      ).secret;
    const tryWith = async (key: string): Promise<string> => {
      const reply = await api.call<Schemas["Problem"]>(
        "POST",
        "/v1/customers",
        { name: "Never made" },
        { key },
      );
      return `${reply.status} ${reply.body.code}`;
    };
    expect(await tryWith(await keyWith(["read", "subscriptions:write"]))).toBe(
      "403 partner_suspended",
    );
    expect(await tryWith(await keyWith(["read"]))).toBe("403 forbidden");
  });
});
