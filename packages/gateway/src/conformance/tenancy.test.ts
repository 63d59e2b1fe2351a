import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { documents, listOperations, operations, type DeclaredOperation } from "./contract.ts";
import { dumpTables } from "./dump-tables.ts";
import { makeRequest, send, type RequestParts } from "./requests.ts";
import { makeScene, type Scene, type Side } from "./scene.ts";

const ofPartner = operations.filter(
  ({ security }) => security !== null && "partnerKey" in security,
);
/** Path parameters that name what belongs to a partner, and how one partner would name the other's. */
const referencesOf: Readonly<Record<string, (other: Side) => readonly string[]>> = {
  customerId: ({ ids, customerExternalId }) => [
    ids["customerId"] ?? "",
    `ext:${customerExternalId}`,
  ],
  subscriptionId: ({ ids, subscriptionExternalId }) => [
    ids["subscriptionId"] ?? "",
    `ext:${subscriptionExternalId}`,
  ],
  prepaidLicenceId: ({ ids, licenceExternalId }) => [
    ids["prepaidLicenceId"] ?? "",
    `ext:${licenceExternalId}`,
  ],
  billId: ({ ids }) => [ids["billId"] ?? ""],
  chargeId: ({ ids }) => [ids["chargeId"] ?? ""],
  creditNoteId: ({ ids }) => [ids["creditNoteId"] ?? ""],
  eventId: ({ ids }) => [ids["eventId"] ?? ""],
  endpointId: ({ ids }) => [ids["endpointId"] ?? ""],
  replayId: ({ ids }) => [ids["replayId"] ?? ""],
};
/** The same of filters. A product is everyone's. */
const filtersOf: Readonly<Record<string, (other: Side) => readonly string[]>> = {
  customer: ({ ids, customerExternalId }) => [ids["customerId"] ?? "", `ext:${customerExternalId}`],
  subscription: ({ ids, subscriptionExternalId }) => [
    ids["subscriptionId"] ?? "",
    `ext:${subscriptionExternalId}`,
  ],
  bill: ({ ids }) => [ids["billId"] ?? ""],
  event: ({ ids }) => [ids["eventId"] ?? ""],
  subject: ({ ids }) => [
    ids["customerId"] ?? "",
    ids["subscriptionId"] ?? "",
    ids["endpointId"] ?? "",
    ids["replayId"] ?? "",
    ids["prepaidLicenceId"] ?? "",
    ids["partnerId"] ?? "",
  ],
};

const byPathReference = ofPartner.flatMap((operation) =>
  operation.parameters
    .filter(({ name, in: place }) => place === "path" && name in referencesOf)
    .map(({ name }) => ({ id: operation.id, name, operation })),
);
const byFilter = ofPartner.flatMap((operation) =>
  operation.parameters
    .filter(({ name, in: place }) => place === "query" && name in filtersOf)
    .map(({ name }) => ({ id: operation.id, name, operation })),
);

/** Lists whose cursor names an entry, or an endpoint, that has to be one's own. */
const isCursorAnEntry: ReadonlySet<string> = new Set([
  "listEvents",
  "listBillCustomers",
  "listBillLines",
  "listCreditNoteLines",
  "listActiveSubscriptions",
  "listReconciliation",
  "listWebhookDeliveries",
]);

describe.each(testStores)("one partner never sees another's data on $name", (stores) => {
  let scene: Scene;
  /** All by which the other's data can be told: its ids, external ids, names, activation codes and addresses. */
  let marks: readonly string[];
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
    const rows = (await listRowsOf(scene.other)).join("\n");
    const own = (await listRowsOf(scene.one)).join("\n");
    const ids = [...rows.matchAll(/[a-z]+_[0-7][0-9a-z]{25}|[2-9A-Z]{5}(?:-[2-9A-Z]{5}){3}/g)].map(
      ([mark]) => mark,
    );
    marks = [...new Set([...ids, scene.other.name])].filter((mark) => !own.includes(mark));
    if (marks.length < 20) throw new Error("The other partner has too little data to tell it by.");
  });
  afterAll(() => scene.gateway.close());

  /** The rows of every table that are a partner's, by their first column or by their id. */
  async function listRowsOf(side: Side): Promise<readonly string[]> {
    const tables = await dumpTables(scene.gateway.store);
    return Object.values(tables)
      .flat()
      .filter((row) => row.includes(side.ids["partnerId"] ?? "?"));
  }
  const findMarks = (text: string): readonly string[] =>
    marks.filter((mark) => text.includes(mark));
  const as = async (side: Side, operation: DeclaredOperation): Promise<RequestParts> =>
    makeRequest(scene, side, operation);

  test.each(ofPartner)("$id answers nothing of the other's", async (operation) => {
    const before = await listRowsOf(scene.other);
    const reply = await send(scene, operation, {
      ...(await as(scene.one, operation)),
      ...(listOperations.includes(operation) ? { query: { limit: "200" } } : {}),
    });
    expect(reply.status).toBeLessThan(300);
    expect(findMarks(reply.text)).toEqual([]);
    expect(await listRowsOf(scene.other)).toEqual(before);
  });

  test.each(documents.filter(({ operation }) => ofPartner.includes(operation)))(
    "$id as $mediaType shows one's own and nothing of the other's",
    async ({ operation, mediaType }) => {
      const headers = { accept: mediaType };
      const reply = await send(scene, operation, {
        ...(await as(scene.one, operation)),
        headers,
      });
      expect(reply.status).toBe(200);
      expect(findMarks(reply.text)).toEqual([]);
      for (const { name, in: place } of operation.parameters) {
        if (place !== "path" || !(name in referencesOf)) continue;
        for (const reference of referencesOf[name]?.(scene.other) ?? []) {
          const parts = await as(scene.one, operation);
          const path = { ...parts.path, [name]: reference };
          const theirs = await send(scene, operation, { ...parts, path, headers });
          expect(`${theirs.status} ${(theirs.body as { code?: string }).code}`).toBe(
            "404 not_found",
          );
        }
      }
    },
  );

  test.each(byPathReference)(
    "$id knows no $name of the other's, by id or external id",
    async ({ name, operation }) => {
      const parts = await as(scene.one, operation);
      // Reading events gives one's own new ones their places, which is no harm.
      await scene.one.api.ask("GET", "/v1/events");
      const before = await dumpTables(scene.gateway.store);
      for (const reference of referencesOf[name]?.(scene.other) ?? []) {
        const reply = await send(scene, operation, {
          ...parts,
          path: { ...parts.path, [name]: reference },
        });
        expect(`${reply.status} ${(reply.body as { code?: string }).code}`).toBe("404 not_found");
        // The refusal may repeat what the caller has named, and nothing else.
        expect(findMarks(reply.text.replaceAll(reference, ""))).toEqual([]);
      }
      expect(await dumpTables(scene.gateway.store)).toEqual(before);
    },
  );

  test.each(byFilter)("$id by $name of the other's finds nothing", async ({ name, operation }) => {
    const parts = await as(scene.one, operation);
    for (const reference of filtersOf[name]?.(scene.other) ?? []) {
      const reply = await send(scene, operation, { ...parts, query: { [name]: reference } });
      expect(`${reply.status} ${reply.text}`).toBe('200 {"data":[],"nextCursor":null}');
    }
  });

  test.each(listOperations.filter((operation) => ofPartner.includes(operation)))(
    "$id with a cursor of the other's goes on in one's own",
    async (operation) => {
      const theirs = await send(scene, operation, {
        ...(await as(scene.other, operation)),
        query: { limit: "1" },
      });
      const { data, nextCursor } = theirs.body as {
        data: readonly { id?: string; customer?: string }[];
        nextCursor: string | null;
      };
      const lastId = data[0]?.id ?? data[0]?.customer ?? "";
      const isOwnEntry = isCursorAnEntry.has(operation.id);
      const after = nextCursor ?? (isOwnEntry ? lastId : Buffer.from(lastId).toString("base64url"));
      const reply = await send(scene, operation, {
        ...(await as(scene.one, operation)),
        query: { after },
      });
      expect(reply.status).toBe(isOwnEntry ? 400 : 200);
      const text =
        operation.id === "listProducts" || operation.id === "listPrices"
          ? ""
          : reply.text.replaceAll(after, "");
      expect(findMarks(text)).toEqual([]);
    },
  );

  test("a subscription can't be made for the other's customer, nor with it told whether there is one", async () => {
    const details = [];
    for (const customer of [
      `ext:${scene.other.customerExternalId}`,
      scene.other.ids["customerId"] ?? "",
      "ext:nobody",
    ]) {
      const reply = await scene.one.api.call<{ code: string; detail: string }>(
        "POST",
        "/v1/subscriptions",
        { customer, product: scene.product.id, quantity: 10 },
      );
      details.push(
        `${reply.status} ${reply.body.code} ${reply.body.detail.replace(customer, "…")}`,
      );
    }
    expect(new Set(details).size).toBe(1);
    expect(details[0]).toMatch(/^422 customer_unknown/);
  });

  test("external ids are each partner's own", async () => {
    const make = ({ api }: Side): Promise<{ id: string }> =>
      api.ask("POST", "/v1/customers", { name: "Shared name", externalId: "shared" });
    const own = await make(scene.one);
    const theirs = await make(scene.other);
    expect(own.id).not.toBe(theirs.id);
    expect(await scene.one.api.ask("GET", "/v1/customers/ext:shared")).toMatchObject({
      id: own.id,
    });
    expect(await scene.other.api.ask("GET", "/v1/customers/ext:shared")).toMatchObject({
      id: theirs.id,
    });
  });

  test.each(
    ofPartner.filter(
      ({ method, parameters }) =>
        method === "get" && parameters.some(({ name }) => name === "Evergate-Partner"),
    ),
  )(
    "$id answers an operator exactly what it answers the partner that is named",
    async (operation) => {
      const parts = await as(scene.one, operation);
      const own = await send(scene, operation, parts);
      const operators = await send(scene, operation, {
        ...parts,
        key: scene.gateway.operatorKey,
        headers: { "evergate-partner": scene.one.ids["partnerId"] ?? "" },
      });
      expect(`${operators.status} ${operators.text}`).toBe(`${own.status} ${own.text}`);
      const others = await send(scene, operation, {
        ...(await as(scene.other, operation)),
        key: scene.gateway.operatorKey,
        headers: { "evergate-partner": scene.one.ids["partnerId"] ?? "" },
      });
      expect(findMarks(others.status < 300 ? others.text : "")).toEqual([]);
    },
  );
});
