import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import {
  operations,
  toNode,
  type DeclaredOperation,
  type Json,
  type JsonObject,
} from "./contract.ts";
import { pickBranch, schemaOf } from "./json-schema.ts";
import { makeFresh, makeRequest, send, type Reply } from "./requests.ts";
import { makeScene, type Scene } from "./scene.ts";

/** Texts in which characters are easily lost: both directions, joined emoji, combining marks (not normalised), and what databases and shells mind. */
const samples = [
  "שלום ‮עולם",
  "👩‍👩‍👧‍👦 🏳️‍🌈",
  "e\u0301 ≠ \u00e9",
  "مرحبا ١٢٣",
  "𝒳𠮷",
  "'; drop table customers; --",
  '\\ " / %00 \ufeff',
  "null",
  " leading and trailing ",
  "<b>&amp;</b>",
];

/** Texts whose form a rule knows, and no pattern says. */
const withForm: ReadonlySet<string> = new Set(["vatId"]);

/** Where the answer has a text elsewhere than the request. */
const answeredAt: Readonly<Record<string, readonly string[]>> = {
  "suspendPartner reason": ["suspension", "reason"],
  "rejectPartnerApplication reason": ["rejectionReason"],
};

/** The places of an example where any text may stand. */
function listFreePlaces(
  value: Json,
  schema: unknown,
  path: readonly string[] = [],
): readonly (readonly string[])[] {
  const branch = pickBranch(schema, value);
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.entries(value as JsonObject).flatMap(([name, item]) =>
      listFreePlaces(item, schemaOf(branch, name), [...path, name]),
    );
  const { pattern, maxLength } = branch;
  return typeof value === "string" &&
    typeof pattern === "string" &&
    !withForm.has(path.at(-1) ?? "") &&
    samples.every(
      (sample) => new RegExp(pattern, "u").test(sample) && sample.length <= Number(maxLength),
    )
    ? [path]
    : [];
}

const places = operations.flatMap((operation) => {
  const [example] = operation.bodyExamples;
  const schema = operation.bodySchema;
  return example === undefined || schema === null
    ? []
    : listFreePlaces(example.value, schema).map((path) => ({
        id: operation.id,
        place: path.join("."),
        path,
        operation,
      }));
});

function replace(value: JsonObject, path: readonly string[], text: string): JsonObject {
  const [name = "", ...rest] = path;
  return {
    ...value,
    [name]: rest.length === 0 ? text : replace(toNode(value[name]) as JsonObject, rest, text),
  };
}

describe.each(testStores)("free text comes back as it was given on $name", (stores) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
  });
  afterAll(() => scene.gateway.close());

  /** What the answer shows; an applicant is shown nothing of what it said, but the operator is. */
  async function readAgain(operation: DeclaredOperation, { body }: Reply): Promise<unknown> {
    return operation.id === "createPartnerApplication"
      ? scene.operator.ask("GET", `/v1/partner-applications/${String(toNode(body)["id"])}`)
      : body;
  }

  test("names, descriptions, external ids and metadata are free", () => {
    expect(places.map(({ id, place }) => `${id} ${place}`)).toEqual(
      expect.arrayContaining([
        "createCustomer name",
        "createCustomer externalId",
        "createCustomer metadata.crmId",
        "createWebhookEndpoint description",
        "createPartner name",
        "createProduct name",
      ]),
    );
  });

  test.each(places)("$id: $place", async ({ path, operation }) => {
    for (const sample of samples) {
      const text = path.at(-1) === "externalId" ? `${sample}${makeFresh("#")}` : sample;
      const parts = await makeRequest(scene, scene.one, operation);
      const reply = await send(scene, operation, {
        ...parts,
        body: replace(parts.body as JsonObject, path, text),
      });
      const place = answeredAt[`${operation.id} ${path.join(".")}`] ?? path;
      const body = await readAgain(operation, reply);
      const answered = place.reduce((value: unknown, name) => toNode(value)[name], body);
      expect(`${reply.status} ${String(answered)}`).toBe(
        `${reply.status < 300 ? reply.status : "success"} ${text}`,
      );
    }
  });

  test.each(samples)("%s serves as an external id in a path and in a filter", async (sample) => {
    const externalId = `${sample}/${makeFresh("?&=#+%")}`;
    const { id } = await scene.one.api.ask<{ id: string }>("POST", "/v1/customers", {
      name: "Odd",
      externalId,
    });
    const made = await scene.one.api.ask<{ id: string }>("POST", "/v1/subscriptions", {
      customer: `ext:${externalId}`,
      product: scene.product.id,
      quantity: 10,
      externalId,
    });
    const reference = encodeURIComponent(`ext:${externalId}`);
    expect(await scene.one.api.ask("GET", `/v1/customers/${reference}`)).toMatchObject({
      id,
      externalId,
    });
    expect(
      await scene.one.api.ask("POST", `/v1/subscriptions/${reference}/pause`, { days: 3 }),
    ).toMatchObject({ id: made.id, externalId });
    expect(await scene.one.api.ask("GET", `/v1/subscriptions?customer=${reference}`)).toMatchObject(
      { data: [{ id: made.id }] },
    );
  });
});
