import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { operations } from "./contract.ts";
import { makeFresh, makeRequest, send, subscribe } from "./requests.ts";
import { makeScene, type Scene } from "./scene.ts";

type Schemas = components["schemas"];

/** What only brings forward what the clock does by itself: it is the clock's in the record. */
const bringsForward: ReadonlySet<string> = new Set(["runSettlement"]);
const changing = operations.filter(
  ({ id, method, security }) => method !== "get" && security !== null && !bringsForward.has(id),
);
const withoutKey = operations.filter(
  ({ method, security }) => method !== "get" && security === null,
);

describe.each(testStores)("who did it is on record on $name", (stores) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
  });
  afterAll(() => scene.gateway.close());

  test("every operation that changes something takes Evergate-Actor", () => {
    expect(
      changing
        .filter(({ parameters }) => !parameters.some(({ name }) => name === "Evergate-Actor"))
        .map(({ id }) => id),
    ).toEqual([]);
  });

  test.each(changing)(
    "$id: the person, the key, the request and the time are recorded with what changed",
    async (operation) => {
      const parts = await makeRequest(scene, scene.one, operation);
      const actor = makeFresh("Jana Nováková ");
      const reply = await send(scene, operation, {
        ...parts,
        headers: { ...parts.headers, "evergate-actor": encodeURIComponent(actor) },
      });
      expect(reply.status).toBeLessThan(300);
      const ofPartner = operation.security !== null && "partnerKey" in operation.security;
      const api = ofPartner ? scene.one.api : scene.operator;
      const { data } = await api.ask<Schemas["AuditEntryList"]>(
        "GET",
        `/v1/audit-log?actor=${encodeURIComponent(actor)}`,
        undefined,
        { headers: parts.headers },
      );
      expect(data.length).toBeGreaterThan(0);
      for (const entry of data) {
        expect(entry).toMatchObject({
          actor,
          requestId: reply.headers.get("request-id"),
          action: operation.id,
        });
        expect(entry.key).toMatch(/^key_/);
        expect(entry.before).not.toEqual(entry.after ?? undefined);
        expect(JSON.stringify(entry)).not.toMatch(/evg_(partner|operator)_|whsec_/);
      }
    },
  );

  test.each(withoutKey)("$id: who needs no key is on record by the part", async (operation) => {
    const reply = await send(scene, operation, await makeRequest(scene, scene.one, operation));
    const { id } = reply.body as { readonly id: string };
    const { data } = await scene.operator.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${id}`,
    );
    expect(data).toMatchObject([
      {
        actor: "applicant",
        key: null,
        requestId: reply.headers.get("request-id"),
        action: operation.id,
        before: null,
      },
    ]);
  });

  const names = [
    "Eva Horváthová",
    "山田太郎",
    "שלום עולם",
    "Zoë 👩‍👩‍👧‍👦",
    "a".repeat(100),
    "👩".repeat(100),
    "O'Neil; drop table audit_log --",
    "100 % sure",
  ];
  test.each(names)("%s comes back as it was given", async (actor) => {
    const { id } = await subscribe(scene, scene.one);
    await scene.one.api.ask(
      "PATCH",
      `/v1/subscriptions/${id}`,
      { quantity: 20 },
      { headers: { "evergate-actor": encodeURIComponent(actor) } },
    );
    const { data } = await scene.one.api.ask<Schemas["HistoryEntryList"]>(
      "GET",
      `/v1/subscriptions/${id}/history`,
    );
    expect(
      data.map((entry) => [entry.actor, entry.before?.quantity, entry.after.quantity]),
    ).toEqual([
      [actor, 10, 20],
      ["Danube Telecom, first key", undefined, 10],
    ]);
    const { data: audit } = await scene.one.api.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${id}&actor=${encodeURIComponent(actor)}`,
    );
    expect(audit).toHaveLength(1);
  });

  const refused = [
    "",
    "%",
    "%zz",
    "%FF%FE",
    "%C3",
    "%ED%A0%80",
    "a%00b",
    "a%0Ab",
    "a%7Fb",
    "%C2%85",
    "%20%20",
    encodeURIComponent("a".repeat(101)),
    encodeURIComponent("👩".repeat(101)),
  ];
  test.each(refused)("%j is refused", async (header) => {
    const reply = await scene.one.api.call<Schemas["Problem"]>(
      "POST",
      "/v1/customers",
      { name: "Never made" },
      { headers: { "evergate-actor": header } },
    );
    expect(`${reply.status} ${reply.body.errors?.[0]?.pointer}`).toBe("400 /header/evergate-actor");
  });

  test("what the clock does is the clock's", async () => {
    const { id } = await subscribe(scene, scene.other, { trial: { days: 1 } });
    await scene.other.api.ask(
      "POST",
      "/v1/sandbox/clock/advance",
      { to: "2026-11-26T00:00:00Z" },
      { headers: { "evergate-actor": "Somebody" } },
    );
    const { data } = await scene.other.api.ask<Schemas["HistoryEntryList"]>(
      "GET",
      `/v1/subscriptions/${id}/history`,
    );
    expect(data[0]).toMatchObject({
      actor: "clock",
      key: null,
      requestId: null,
      at: "2026-11-24T23:00:00Z",
    });
  });
});
