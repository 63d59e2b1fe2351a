import { sql } from "kysely";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createGateway } from "../create-gateway.ts";
import { checkReply } from "../testing/check-reply.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, testNow, testSecretKey } from "../testing/start-test-gateway.ts";
import { getOperation, operations, type DeclaredOperation } from "./contract.ts";
import { dumpTables } from "./dump-tables.ts";
import { holdRequests } from "./hold-requests.ts";
import { refusals } from "./refusals.ts";
import { makeFresh, makeRequest, send, type Reply, type RequestParts } from "./requests.ts";
import { makeScene, type Scene } from "./scene.ts";

const repeatable = operations.filter(({ parameters }) =>
  parameters.some(({ name }) => name === "Idempotency-Key"),
);
const showingSecrets = repeatable.filter(({ showsSecret }) => showsSecret);
const customers = getOperation("createCustomer");

describe.each(testStores)("a request with an Idempotency-Key happens once on $name", (stores) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
  });
  afterAll(() => scene.gateway.close());

  const withKey = (parts: RequestParts, key: string = makeFresh("key-")): RequestParts => ({
    ...parts,
    headers: { ...parts.headers, "idempotency-key": key },
  });
  const makeOnce = async (operation: DeclaredOperation): Promise<RequestParts> =>
    withKey(await makeRequest(scene, scene.one, operation));
  /** What has to be the same when an answer is given again. */
  const bytesOf = ({ status, text, headers }: Reply): unknown => ({
    status,
    text,
    headers: Object.fromEntries(
      [...headers].filter(([name]) => name !== "request-id" && name !== "idempotency-replayed"),
    ),
  });

  test("the operations that change something by POST or PATCH take one", () => {
    expect(operations.filter(({ method }) => method === "post" || method === "patch")).toEqual(
      repeatable,
    );
  });

  test.each(repeatable)(
    "$id: the first answer is given again, to the byte, and nothing happens",
    async (operation) => {
      const parts = await makeOnce(operation);
      const first = await send(scene, operation, parts);
      expect(first.headers.get("idempotency-replayed")).toBeNull();
      const before = await dumpTables(scene.gateway.store);
      for (let count = 0; count < 2; count += 1) {
        const again = await send(scene, operation, parts);
        expect(bytesOf(again)).toEqual(bytesOf(first));
        expect(again.headers.get("idempotency-replayed")).toBe("true");
        expect(again.headers.get("request-id")).not.toBe(first.headers.get("request-id"));
      }
      expect(await dumpTables(scene.gateway.store)).toEqual(before);
    },
  );

  test.each(refusals.filter(({ operation }) => repeatable.includes(getOperation(operation))))(
    "$operation: the refusal $code is given again",
    async ({ operation: id, make }) => {
      const operation = getOperation(id);
      const parts = withKey(await make(scene));
      const first = await send(scene, operation, parts);
      const again = await send(scene, operation, parts);
      expect(first.status).toBeGreaterThanOrEqual(400);
      expect(bytesOf(again)).toEqual(bytesOf(first));
      expect(again.headers.get("idempotency-replayed")).toBe("true");
    },
  );

  test("a refusal stands, even where the request would succeed by now", async () => {
    const externalId = makeFresh("gone-");
    const { id } = await scene.one.api.ask<{ id: string }>("POST", "/v1/customers", {
      name: "First",
      externalId,
    });
    const parts = withKey({
      ...(await makeRequest(scene, scene.one, customers)),
      body: { name: "Second", externalId },
    });
    expect((await send(scene, customers, parts)).status).toBe(409);
    await scene.one.api.ask("PATCH", `/v1/customers/${id}`, { externalId: null });
    expect((await send(scene, customers, parts)).status).toBe(409);
    expect((await send(scene, customers, withKey(parts))).status).toBe(201);
  });

  test("what does not fit the contract uses no key up", async () => {
    const parts = await makeOnce(customers);
    expect((await send(scene, customers, { ...parts, body: { name: "" } })).status).toBe(400);
    expect((await send(scene, customers, { ...parts, key: "unknown" })).status).toBe(401);
    expect((await send(scene, customers, parts)).status).toBe(201);
  });

  test.each(repeatable.filter(({ bodySchema }) => bodySchema !== null))(
    "$id: another body with the same key is refused and changes nothing",
    async (operation) => {
      const parts = await makeOnce(operation);
      await send(scene, operation, parts);
      const before = await dumpTables(scene.gateway.store);
      // The same fields in another order are another body: what is compared is what was sent.
      const reply = await send(scene, operation, {
        ...parts,
        rawBody: ` ${JSON.stringify(parts.body)}`,
      });
      expect(`${reply.status} ${(reply.body as { code: string }).code}`).toBe(
        "422 idempotency_key_reused",
      );
      expect(await dumpTables(scene.gateway.store)).toEqual(before);
    },
  );

  test("of ten at once one has an effect, and all others are told that it runs", async () => {
    const parts = await makeOnce(customers);
    const release = await holdRequests(scene.gateway.store);
    let answeredCount = 0;
    const all = Array.from({ length: 10 }, async () => {
      const reply = await send(scene, customers, parts);
      answeredCount += 1;
      return reply;
    });
    await vi.waitFor(() => expect(answeredCount).toBe(9));
    await release();
    const replies = await Promise.all(all);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([
      201,
      ...Array.from({ length: 9 }, () => 409),
    ]);
    const { name, externalId } = parts.body as { name: string; externalId: string };
    const rows = (await dumpTables(scene.gateway.store))["customers"]?.filter(
      (row) => row.includes(name) && row.includes(externalId),
    );
    expect(rows).toHaveLength(1);
  });

  test("keys of two partners, and of the operator, have nothing to do with each other", async () => {
    const headers = { "idempotency-key": makeFresh("shared-") };
    const one = await scene.one.api.ask<{ id: string }>(
      "POST",
      "/v1/customers",
      { name: "Same" },
      { headers },
    );
    const other = await scene.other.api.ask<{ id: string }>(
      "POST",
      "/v1/customers",
      { name: "Same" },
      { headers },
    );
    const product = await scene.operator.ask<{ id: string }>(
      "POST",
      "/v1/products",
      { code: makeFresh("SAME-"), name: "Same", unit: "user", minQuantity: 1, maxQuantity: 2 },
      { headers },
    );
    expect(new Set([one.id, other.id, product.id]).size).toBe(3);
    // An operator who acts for the partner repeats the partner's request, though.
    const acted = await scene.operator.call<{ id: string }>(
      "POST",
      "/v1/customers",
      { name: "Same" },
      { headers: { ...headers, "evergate-partner": scene.one.ids["partnerId"] ?? "" } },
    );
    expect(acted.body.id).toBe(one.id);
    expect(acted.headers.get("idempotency-replayed")).toBe("true");
  });

  test.each(showingSecrets)(
    "$id: no secret stands in the database, and yet it is shown again",
    async (operation) => {
      const parts = await makeOnce(operation);
      const first = await send(scene, operation, parts);
      const { secret, apiKey } = first.body as { secret?: string; apiKey?: { secret: string } };
      const shown = secret ?? apiKey?.secret ?? "";
      expect(shown.length).toBeGreaterThan(20);
      const tables = JSON.stringify(await dumpTables(scene.gateway.store));
      expect(tables).not.toContain(shown);
      expect(tables).not.toContain(Buffer.from(first.text).toString("base64").slice(0, 40));
      expect((await send(scene, operation, parts)).text).toBe(first.text);
    },
  );

  test("an answer survives a restart", async () => {
    const [operation] = showingSecrets;
    if (operation === undefined)
      throw new Error("The contract has no operation that shows a secret.");
    const parts = await makeOnce(operation);
    const first = await send(scene, operation, parts);
    const restarted = createGateway({
      store: scene.gateway.store,
      log: pino({ level: "silent" }),
      secretKey: testSecretKey,
      settings: { privateWebhooks: true },
      now: () => testNow,
      witness: checkReply,
    });
    const again = await send(
      { gateway: { ...scene.gateway, fetch: async (request) => restarted.app.fetch(request) } },
      operation,
      parts,
    );
    expect(bytesOf(again)).toEqual(bytesOf(first));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("two gateways over one database: the second waits for nobody, and repeats nothing", async () => {
    const restarted = createGateway({
      store: scene.gateway.store,
      log: pino({ level: "silent" }),
      secretKey: testSecretKey,
      settings: { privateWebhooks: true },
      now: () => testNow,
      witness: checkReply,
    });
    const second = {
      gateway: {
        ...scene.gateway,
        fetch: async (request: Request) => restarted.app.fetch(request),
      },
    };
    const parts = await makeOnce(customers);
    const replies = await Promise.all([
      send(scene, customers, parts),
      send(second, customers, parts),
      send(scene, customers, parts),
      send(second, customers, parts),
    ]);
    expect(
      replies.filter(
        ({ status, headers }) => status === 201 && headers.get("idempotency-replayed") === null,
      ),
    ).toHaveLength(1);
    for (const { status } of replies) expect([201, 409]).toContain(status);
    const { rows } = await sql<{
      count: unknown;
    }>`select count(*) as count from customers where external_id = ${(parts.body as { externalId: string }).externalId}`.execute(
      scene.gateway.store.reader,
    );
    expect(Number(rows[0]?.count)).toBe(1);
  });
});
