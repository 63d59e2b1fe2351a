import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { listMutations } from "./body-mutations.ts";
import { operations, type DeclaredOperation, type JsonObject } from "./contract.ts";
import { dumpTables } from "./dump-tables.ts";
import { listParameterMutations, type ParameterMutation } from "./parameter-mutations.ts";
import { makeRequest, send, sendTo, type Reply, type RequestParts } from "./requests.ts";
import { makeScene, type Scene } from "./scene.ts";

type Problem = components["schemas"]["Problem"];

/** What a request may take, however outrageous it is. Ordinary ones take a millisecond or two. */
const slowMs = 2_000;

const withKey = operations.filter(({ security }) => security !== null);
const withBody = operations.filter(({ bodySchema }) => bodySchema !== null);

/** What is wrong with an answer to bad input; undefined where nothing is. */
function findFault(
  reply: Reply,
  expected: { readonly fault: string | null; readonly choices?: readonly string[] },
): string | undefined {
  const { status, headers, text } = reply;
  const answer = `${status} ${text.slice(0, 300)}`;
  if (status >= 500) return answer;
  if (status < 400) return expected.fault === null ? undefined : `not refused: ${answer}`;
  const problem = reply.body as Problem;
  if (headers.get("content-type") !== "application/problem+json") return `not a problem: ${answer}`;
  if (problem.status !== status || problem.detail.length < 10) return `says too little: ${answer}`;
  if (expected.fault === null) return undefined;
  if (status !== 400 || problem.code !== "malformed_request")
    return `not malformed_request: ${answer}`;
  const { fault, choices = [] } = expected;
  if (
    fault === "" ||
    (problem.errors ?? []).some(
      ({ pointer }) =>
        pointer === fault || pointer.startsWith(`${fault}/`) || choices.includes(pointer),
    )
  )
    return undefined;
  return `does not point at ${fault}: ${answer}`;
}

describe.each(testStores)("bad input is refused, and changes nothing, on $name", (stores) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
  });
  afterAll(() => scene.gateway.close());

  /** Sends one after another; answers what was wrong with which, and whether a refused one has left a trace. */
  async function tryAll(
    requests: readonly {
      readonly name: string;
      readonly ask: () => Promise<Reply>;
      readonly fault: string | null;
      readonly choices?: readonly string[];
    }[],
  ): Promise<readonly string[]> {
    const faults: string[] = [];
    let before = await dumpTables(scene.gateway.store);
    for (const { name, ask, ...expected } of requests) {
      const startedAt = performance.now();
      const reply = await ask();
      const took = performance.now() - startedAt;
      const fault = took > slowMs ? `took ${Math.round(took)} ms` : findFault(reply, expected);
      if (fault !== undefined) faults.push(`${name}: ${fault}`);
      if (reply.status < 400) before = await dumpTables(scene.gateway.store);
    }
    expect(await dumpTables(scene.gateway.store)).toEqual(before);
    return faults;
  }

  test.each(withBody)("$id: bodies", { timeout: 60_000 }, async (operation) => {
    // Whatever a schema finds is found before any database is asked: on the second one example has to do.
    const examples =
      stores.name === "sqlite" ? operation.bodyExamples : operation.bodyExamples.slice(0, 1);
    for (const { value } of examples) {
      const parts = await makeRequest(scene, scene.one, operation, value);
      const mutations = listMutations(parts.body as JsonObject, operation.bodySchema ?? {});
      const requests = mutations.map(({ name, rawBody, fault, choices }) => ({
        name,
        fault,
        choices,
        ask: () => send(scene, operation, { ...parts, rawBody }),
      }));
      expect(await tryAll(requests)).toEqual([]);
    }
  });

  test.each(withKey)("$id: parameters", async (operation) => {
    const parts = await makeRequest(scene, scene.one, operation);
    const requests = listParameterMutations(operation).map((mutation) => ({
      name: `${mutation.place} ${mutation.name}: ${mutation.value.slice(0, 60)}`,
      fault: mutation.fault,
      ask: () => sendMutated(operation, parts, mutation),
    }));
    expect(await tryAll(requests)).toEqual([]);
  });

  /** Sends a request in which one parameter is replaced by what the mutation has, to the letter. */
  async function sendMutated(
    operation: DeclaredOperation,
    parts: RequestParts,
    { place, name, value }: ParameterMutation,
  ): Promise<Reply> {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) =>
      place === "path" && parameter === name
        ? value
        : encodeURIComponent(parts.path[parameter] ?? ""),
    );
    const target = place === "query" ? `${path}?${name}=${value}` : path;
    // A partner's key may name no partner but its own: whether the name is well-formed shows with an operator's.
    const key = name === "Evergate-Partner" ? scene.gateway.operatorKey : parts.key;
    const headers = place === "header" ? { ...parts.headers, [name]: value } : parts.headers;
    return sendTo(scene, operation.method, target, { ...parts, headers, key });
  }

  test("keys of every shape are refused alike", async () => {
    const values = [
      "",
      "Bearer",
      "Bearer ",
      `Bearer ${"x".repeat(100_000)}`,
      "Bearer a b",
      "bearer\tx",
      "Basic eDp5",
      "Bearer \u00e9\u00fc",
      scene.one.key,
      `Bearer ${scene.one.key}x`,
      `Token ${scene.one.key}`,
    ];
    const replies = await Promise.all(
      values.map((authorization) =>
        sendTo(scene, "get", "/v1/customers", { key: null, headers: { authorization } }),
      ),
    );
    expect(replies.map(({ status, body }) => `${status} ${(body as Problem).code}`)).toEqual(
      values.map(() => "401 unauthenticated"),
    );
  });

  test("paths and methods that are not the contract's are problems too", async () => {
    const { key } = scene.one;
    const tries = [
      ["get", "/v1/nothing"],
      ["get", "/v1/customers/"],
      ["get", `/${"x".repeat(20_000)}`],
      ["get", "//evil.example/v1"],
      ["post", "/v1/%00"],
    ] as const;
    for (const [method, target] of tries) {
      const reply = await sendTo(scene, method, target, { key, headers: {} });
      expect(`${target.slice(0, 40)} ${reply.status} ${reply.headers.get("content-type")}`).toMatch(
        / 40[0-9] application\/problem\+json$/,
      );
      expect((reply.body as Problem).detail.length).toBeLessThanOrEqual(2_000);
    }
    const reply = await sendTo(scene, "put", "/v1/customers", { key, headers: {} });
    expect(`${reply.status} ${(reply.body as Problem).code}`).toBe("405 method_not_allowed");
    expect(reply.headers.get("allow")?.split(", ").toSorted()).toEqual(["GET", "POST"]);
  });
});
