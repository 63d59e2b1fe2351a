import { expect, test } from "vitest";
import type { OperationId } from "./operation.ts";
import { readContract } from "./document.ts";
import { validatorsOf, type Fault } from "./validate.ts";

function check(id: OperationId, body: unknown): readonly Fault[] {
  for (const [operation, validator] of validatorsOf(readContract()))
    if (operation.id === id) return validator.checkBody(body, "application/json");
  throw new Error(`There is no ${id}.`);
}

const endpoint = { url: "https://hooks.example.com/", eventTypes: ["*"] };

test.each<readonly [input: object, pointer: string, detail: string]>([
  [
    { eventTypes: ["subscription.pased"] },
    "/eventTypes/0",
    "is none of the 48 values that the contract lists; did you mean subscription.paused?",
  ],
  [
    { eventTypes: ["nothing.like_it"] },
    "/eventTypes/0",
    'is none of the 48 values that the contract lists; for example "subscription.*"',
  ],
  [{ eventTypes: [1] }, "/eventTypes/0", 'has to be a text; for example "subscription.*"'],
  [
    { eventTypes: [] },
    "/eventTypes",
    'must not be empty; for example ["subscription.*","bill.issued"]',
  ],
  [
    { eventTypes: ["*", "*"] },
    "/eventTypes",
    'must have each item once; for example ["subscription.*","bill.issued"]',
  ],
  [{ eventType: ["*"] }, "/eventType", "is not known here; did you mean eventTypes?"],
  [{ unlike: 1 }, "/unlike", "is not known here"],
  [{ concurrency: "8" }, "/concurrency", "has to be a whole number or null"],
  [{ concurrency: 0 }, "/concurrency", "has to be at least 1"],
  [{ concurrency: 33 }, "/concurrency", "has to be at most 32"],
  [{ receipts: 5 }, "/receipts", "has to be an object or null"],
  [{ payload: "thick" }, "/payload", "has to be one of: full, thin"],
  [{ signatures: ["v1a"] }, "/signatures", 'has to contain "v1"; for example ["v1"]'],
  [{ description: "x".repeat(201) }, "/description", "can have at most 200 characters"],
  [
    { headers: { "X Y": "1" } },
    "/headers/X Y",
    "is not a name that can be used here: A letter or digit, then letters, digits, `-`, `_` and `.`, at most 64 characters in all",
  ],
])("%j is told at %s, once and in plain words", (input, pointer, detail) => {
  expect(check("createWebhookEndpoint", { ...endpoint, ...input })).toEqual([{ pointer, detail }]);
});

test("a body that is no object, one without a field, and pairs that are none", () => {
  expect(check("createWebhookEndpoint", [1])).toEqual([
    { pointer: "", detail: "has to be an object" },
  ]);
  expect(check("updateWebhookEndpoint", {})).toEqual([
    { pointer: "", detail: "has to have at least 1 field" },
  ]);
  expect(check("reconcileWebhookEndpoint", { received: [[1], [2, "3"]] })).toEqual([
    { pointer: "/received/0", detail: "has to have at least 2 items; for example [1,100]" },
    { pointer: "/received/1/1", detail: "has to be a whole number; for example 42" },
  ]);
});

test("nothing of the validator's own language shows through", () => {
  const bodies = [endpoint, [], "x", null, 5, { url: 1, eventTypes: {} }, { receipts: {} }];
  const details = [...validatorsOf(readContract())]
    .filter(([{ bodies: taken }]) => taken.has("application/json"))
    .flatMap(([, validator]) =>
      bodies.flatMap((body) => validator.checkBody(structuredClone(body), "application/json")),
    )
    .map(({ detail }) => detail);
  expect(details.length).toBeGreaterThan(100);
  expect(
    details.filter((detail) => /must NOT|must be|undefined|,null|>=|<=|\(s\)/.test(detail)),
  ).toEqual([]);
});
