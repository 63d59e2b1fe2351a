import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { operations } from "./contract.ts";
import { dumpTables } from "./dump-tables.ts";
import { makeRequest, send, subscribe } from "./requests.ts";
import { makeScene, type Scene } from "./scene.ts";

type Subscription = components["schemas"]["Subscription"];

const conditional = operations.filter(({ parameters }) =>
  parameters.some(({ name }) => name === "If-Match"),
);
const changing = operations.filter(
  ({ path, method }) => path.startsWith("/v1/subscriptions/{subscriptionId}") && method !== "get",
);

describe.each(testStores)("a subscription's version guards its changes on $name", (stores) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
  });
  afterAll(() => scene.gateway.close());

  test("every operation that changes a subscription takes If-Match", () => {
    expect(conditional).toEqual(changing);
  });

  test.each(conditional)(
    "$id: goes through for the version that was read, or for any, and answers the next as ETag",
    async (operation) => {
      for (const ifMatch of ["own", "*"]) {
        const parts = await makeRequest(scene, scene.one, operation);
        const read = await scene.one.api.call<Subscription>(
          "GET",
          `/v1/subscriptions/${parts.path["subscriptionId"]}`,
        );
        expect(read.headers.get("etag")).toBe(`"${read.body.version}"`);
        const reply = await send(scene, operation, {
          ...parts,
          headers: { "if-match": ifMatch === "own" ? (read.headers.get("etag") ?? "") : ifMatch },
        });
        expect(reply.status).toBe(200);
        const after = reply.body as Subscription;
        expect(after.version).toBeGreaterThan(read.body.version);
        expect(reply.headers.get("etag")).toBe(`"${after.version}"`);
        expect(
          (await scene.one.api.call<Subscription>("GET", `/v1/subscriptions/${after.id}`)).body,
        ).toEqual({ ...after, provisioning: expect.objectContaining({ status: "pending" }) });
      }
    },
  );

  test.each(conditional)(
    "$id: is refused for a version before or to come, and nothing changes",
    async (operation) => {
      const parts = await makeRequest(scene, scene.one, operation);
      const { version } = await scene.one.api.ask<Subscription>(
        "GET",
        `/v1/subscriptions/${parts.path["subscriptionId"]}`,
      );
      const before = await dumpTables(scene.gateway.store);
      for (const other of [version - 1, version + 1, 0]) {
        const reply = await send(scene, operation, {
          ...parts,
          headers: { "if-match": `"${other}"` },
        });
        expect(reply.status).toBe(412);
        expect((reply.body as { detail: string }).detail).toContain(`version ${version}`);
      }
      expect(await dumpTables(scene.gateway.store)).toEqual(before);
    },
  );

  test("of two who have read the same version one goes through", async () => {
    const { id, version } = await subscribe(scene, scene.one);
    const change = (quantity: number): Promise<{ status: number }> =>
      scene.one.api.call(
        "PATCH",
        `/v1/subscriptions/${id}`,
        { quantity },
        { headers: { "if-match": `"${version}"` } },
      );
    const replies = await Promise.all([change(20), change(30), change(40)]);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 412, 412]);
  });

  test("the clock's changes count too", async () => {
    const { id, version } = await subscribe(scene, scene.other, { trial: { days: 1 } });
    await scene.other.api.ask("POST", "/v1/sandbox/clock/advance", { to: "2026-11-26T00:00:00Z" });
    const stale = await scene.other.api.call(
      "PATCH",
      `/v1/subscriptions/${id}`,
      { quantity: 20 },
      { headers: { "if-match": `"${version}"` } },
    );
    expect(stale.status).toBe(412);
  });

  test("what changes nothing gives no new version", async () => {
    const { id, version } = await subscribe(scene, scene.one);
    const same = await scene.one.api.ask<Subscription>("PATCH", `/v1/subscriptions/${id}`, {
      quantity: 10,
    });
    expect(same.version).toBe(version);
  });
});
