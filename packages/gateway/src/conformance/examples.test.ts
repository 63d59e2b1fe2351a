import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { apiOf, type Api } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import {
  contract,
  getOperation,
  listExamples,
  operations,
  resolve,
  toNode,
  type JsonObject,
  type Node,
} from "./contract.ts";
import { makeBody } from "../webhooks/delivery/make-body.ts";
import { makeThinPayload } from "../webhooks/delivery/thin-payload.ts";
import { makeRequest, send } from "./requests.ts";
import { makeScene, type Scene } from "./scene.ts";

type Schemas = components["schemas"];

const requests = operations.flatMap(({ id, bodyExamples }) =>
  bodyExamples.map(({ name, value }) => ({ id, name, value })),
);

describe.each(testStores)("every request that the contract shows succeeds on $name", (stores) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
  });
  afterAll(() => scene.gateway.close());

  test.each(requests)("$id: $name", async ({ id, value }) => {
    const operation = getOperation(id);
    const reply = await send(
      scene,
      operation,
      await makeRequest(scene, scene.one, operation, value),
    );
    expect(`${reply.status} ${reply.text.slice(0, 300)}`).toMatch(/^20[01] /);
  });

  test("they tell one story: each as it stands, in the contract's order, with only ids replaced", async () => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    let partner: Api = operator;
    const told: string[] = [];
    for (const { id, value } of requests) {
      const operation = getOperation(id);
      // From here on each needs a subscription in a state of its own; the test above gives it one.
      if (operation.path.includes("{") || id === "advanceSandboxClock") continue;
      const ofPartner = operation.security !== null && "partnerKey" in operation.security;
      const body = JSON.parse(
        JSON.stringify(value).replaceAll(
          /partner_[0-7][0-9a-z]{25}/g,
          (await findPartner(operator)) ?? "$&",
        ),
      ) as JsonObject;
      const made = await (ofPartner ? partner : operator).ask<JsonObject>(
        operation.method.toUpperCase(),
        operation.path,
        body,
      );
      if (id === "createPartner")
        partner = apiOf(gateway, (made as unknown as Schemas["CreatedPartner"]).apiKey.secret);
      told.push(id);
    }
    const { data } = await partner.ask<Schemas["SubscriptionList"]>("GET", "/v1/subscriptions");
    expect(data.map(({ externalId, status }) => `${externalId} ${status}`)).toEqual([
      "S-1002/2 active",
      "S-1002/1 scheduled",
      "S-1001/1 trialing",
    ]);
    expect(told).toContain("createWebhookEndpoint");
  });
});

async function findPartner(operator: Api): Promise<string | undefined> {
  const { data } = await operator.ask<Schemas["PartnerList"]>("GET", "/v1/partners");
  return data[0]?.id;
}

interface Shown {
  readonly name: string;
  readonly value: unknown;
  readonly schema: unknown;
}

/** The examples in a media type, a parameter or a schema, with the schema that they have to fit. */
function listShown(name: string, holder: Node, schema: unknown): readonly Shown[] {
  return listExamples(holder).map((example) => ({
    name: `${name}, ${example.name}`,
    value: example.value,
    schema,
  }));
}

function listContent(name: string, holder: unknown): readonly Shown[] {
  return Object.values(toNode(resolve(holder)["content"] ?? {})).flatMap((media) =>
    listShown(name, toNode(media), toNode(media)["schema"]),
  );
}

function listOfItem(name: string, item: unknown): readonly Shown[] {
  return Object.entries(toNode(item)).flatMap(([method, node]) => {
    const operation = toNode(node);
    const parameters = (operation["parameters"] ?? []) as readonly unknown[];
    return [
      ...parameters
        .map(resolve)
        .flatMap((parameter) =>
          listShown(
            `${method} ${name} ${String(parameter["name"])}`,
            parameter,
            parameter["schema"],
          ),
        ),
      ...(operation["requestBody"] === undefined
        ? []
        : listContent(`${method} ${name} request`, operation["requestBody"])),
      ...Object.entries(toNode(operation["responses"])).flatMap(([status, reply]) =>
        listContent(`${method} ${name} ${status}`, reply),
      ),
      ...Object.entries(toNode(operation["callbacks"] ?? {})).flatMap(([callback, urls]) =>
        Object.values(toNode(urls)).flatMap((asked) => listOfItem(callback, asked)),
      ),
    ];
  });
}

const { components: parts, paths, webhooks } = contract.document;
const endpoint = "wh_01m86d3dj0fhrrs8thyv5t4a1p";
const shown: readonly Shown[] = [
  ...Object.entries(toNode(paths)).flatMap(([path, item]) => listOfItem(path, item)),
  ...Object.entries(toNode(webhooks)).flatMap(([event, item]) => listOfItem(event, item)),
  ...Object.entries(toNode(toNode(parts)["schemas"])).flatMap(([name, schema]) =>
    listShown(
      `schema ${name}`,
      { example: toNode(schema)["example"] },
      { $ref: `#/components/schemas/${name}` },
    ),
  ),
];

describe("what the contract shows fits what it says", () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(contract.document, "openapi.json");

  test.each(shown)("$name", ({ value, schema }) => {
    const validate = ajv.compile(
      JSON.parse(
        JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi.json#/'),
      ) as object,
    );
    expect(validate(value) ? [] : validate.errors).toEqual([]);
  });

  test("every event's thin body is a ThinEvent", () => {
    const validate = ajv.compile({ $ref: "openapi.json#/components/schemas/ThinEvent" });
    const bodies = Object.entries(toNode(webhooks)).flatMap(([event, item]) =>
      listOfItem(event, item)
        .filter(({ name }) => name.startsWith(`post ${event} request`))
        .map(({ value }) => makeBody(makeThinPayload(JSON.stringify(value)), endpoint, 7)),
    );
    expect(bodies.length).toBeGreaterThanOrEqual(Object.keys(toNode(webhooks)).length);
    expect(
      bodies.flatMap((body) => (validate(JSON.parse(body)) ? [] : [{ body, ...validate.errors }])),
    ).toEqual([]);
    // Not just anything is one.
    expect(validate({ type: "bill.issued", timestamp: "2026-12-10T08:30:00Z", data: {} })).toBe(
      false,
    );
  });

  test("every operation and event shows an example of each answer and of its body", () => {
    const names = new Set(shown.map(({ name }) => name.split(",")[0]));
    const missing = operations.flatMap(({ method, path, replies, bodySchema }) => [
      ...(bodySchema !== null && !names.has(`${method} ${path} request`)
        ? [`${method} ${path} request`]
        : []),
      ...[...replies]
        .filter(([status, reply]) => reply !== null && !names.has(`${method} ${path} ${status}`))
        .map(([status]) => `${method} ${path} ${status}`),
    ]);
    const events = Object.keys(toNode(webhooks)).filter(
      (event) => !names.has(`post ${event} request`),
    );
    expect([...missing, ...events]).toEqual([]);
  });
});
