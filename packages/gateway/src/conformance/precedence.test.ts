import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { contract, operations, toNode } from "./contract.ts";
import { makeFresh, makeRequest, send, type RequestParts } from "./requests.ts";
import { makeScene, type Scene } from "./scene.ts";

const unknownId = "01m86ch3m0e3dbc8ahtjsnjy57";
/** The operations to which every general reason applies. */
const conditional = operations.filter(
  ({ parameters, bodySchema }) =>
    bodySchema !== null && parameters.some(({ name }) => name === "If-Match"),
);

describe.each(testStores)("of several reasons the first is answered on $name", (stores) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
  });
  afterAll(() => scene.gateway.close());

  test.each(conditional)("$id: in the order that the contract promises", async (operation) => {
    const usedKey = makeFresh("used-");
    await scene.one.api.ask(
      "POST",
      "/v1/customers",
      { name: "First" },
      { headers: { "idempotency-key": usedKey } },
    );
    const { secret } = await scene.operator.ask<{ secret: string }>("POST", "/v1/api-keys", {
      kind: "partner",
      partner: scene.one.ids["partnerId"],
      name: "Reader",
      scopes: ["read"],
    });
    const fine = await makeRequest(scene, scene.one, operation);
    const named = { "evergate-partner": scene.one.ids["partnerId"] ?? "" };
    const operators = { ...fine, key: scene.gateway.operatorKey, headers: named };

    /** From the last reason to the first; each is added to those after it. */
    const steps: readonly (readonly [
      code: string,
      spoil: (parts: RequestParts) => RequestParts,
    ])[] = [
      [
        "version_mismatch",
        (parts) => ({ ...parts, headers: { ...parts.headers, "if-match": '"999"' } }),
      ],
      [
        "not_found",
        (parts) => ({ ...parts, path: { ...parts.path, subscriptionId: `sub_${unknownId}` } }),
      ],
      [
        "idempotency_key_reused",
        (parts) => ({ ...parts, headers: { ...parts.headers, "idempotency-key": usedKey } }),
      ],
      [
        "partner_required",
        ({ headers, ...parts }) => ({
          ...parts,
          headers: Object.fromEntries(
            Object.entries(headers).filter(([name]) => name !== "evergate-partner"),
          ),
        }),
      ],
      ["malformed_request", (parts) => ({ ...parts, query: { bogus: "1" } })],
      [
        "unsupported_media_type",
        (parts) => ({ ...parts, headers: { ...parts.headers, "content-type": "text/plain" } }),
      ],
      ["content_too_large", (parts) => ({ ...parts, rawBody: " ".repeat(1_048_577) })],
      ["forbidden", (parts) => ({ ...parts, key: secret })],
      ["unauthenticated", (parts) => ({ ...parts, key: "unknown" })],
    ];
    const answered: (string | undefined)[] = [];
    let parts: RequestParts = operators;
    for (const [, spoil] of steps) {
      parts = spoil(parts);
      answered.push(
        ((await send(scene, operation, parts)).body as components["schemas"]["Problem"]).code,
      );
    }
    expect(answered).toEqual(steps.map(([code]) => code));
    expect(readPromisedOrder().filter((code) => answered.includes(code))).toEqual(
      answered.toReversed(),
    );
  });
});

/** The order as the contract's description states it. */
function readPromisedOrder(): readonly string[] {
  const description = String(toNode(contract.document["info"])["description"]);
  const sentence = /the first of this order is answered:([^.]*)\./.exec(description)?.[1] ?? "";
  return [...sentence.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code ?? "");
}
