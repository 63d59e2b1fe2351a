import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeId } from "../ids.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { listOperations, type DeclaredOperation, type JsonObject } from "./contract.ts";
import {
  dropOldEndpoints,
  makeFresh,
  makeRequest,
  registerLicence,
  send,
  subscribe,
  takeApplication,
  type Reply,
} from "./requests.ts";
import { makeScene, type Scene } from "./scene.ts";

interface Page {
  readonly data: readonly (JsonObject & {
    readonly id?: string;
    readonly charge?: string;
    readonly bill?: string;
    readonly subscription?: string;
    readonly product?: string;
    readonly customer?: string;
    readonly sequence?: number;
    readonly event?: string;
  })[];
  readonly nextCursor: string | null;
}

/** By what an entry is known: its own id, the charge's that it is about, a delivery's number, the subscription's and the product's, or the customer's whose part of a bill it is. */
function nameOf(entry: Page["data"][number]): string {
  const { id, charge, subscription, product, customer, event, sequence } = entry;
  if (id === undefined && event !== undefined) return `${event} ${sequence}`;
  return (
    id ?? charge ?? (subscription === undefined ? customer : `${subscription} ${product}`) ?? ""
  );
}

/** A report is of one month: the second of those that the suite lets pass. */
const filterOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  listActiveSubscriptions: { month: "2026-12" },
  listReconciliation: { month: "2026-12" },
};

const oldestFirst = new Set(["listEvents", "listWebhookDeliveries"]);

describe.each(testStores)("lists are read page by page on $name", (stores) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await makeScene(await startTestGateway(stores, { isShared: true }));
    for (let count = 0; count < 5; count += 1) await addOneOfEach();
  });
  beforeEach(() => dropOldEndpoints(scene.one));
  afterAll(() => scene.gateway.close());

  /** One more entry in every list: months pass, so that there are charges and bills too. */
  async function addOneOfEach(): Promise<void> {
    const { operator, one, gateway } = scene;
    const { id: product } = await operator.ask<{ id: string }>("POST", "/v1/products", {
      code: makeFresh("PAGED-"),
      name: "Paged",
      unit: "user",
      minQuantity: 1,
      maxQuantity: 10,
    });
    await operator.ask("POST", "/v1/prices", {
      product,
      channel: "xsp",
      currency: "EUR",
      unitPrice: "1",
      validFrom: "2026-01-01",
    });
    await takeApplication(scene, one);
    await operator.ask("POST", "/v1/partners", {
      name: makeFresh("Paged "),
      type: "xsp",
      currency: "EUR",
      timeZone: "UTC",
      billingPeriod: "thirty_days",
      mode: "live",
    });
    const { id: customer } = await one.api.ask<{ id: string }>("POST", "/v1/customers", {
      name: makeFresh("Paged "),
    });
    await one.api.ask("POST", "/v1/webhook-endpoints", {
      url: "https://hooks.example.com/paged",
      eventTypes: ["*"],
    });
    await subscribe(scene, one);
    await registerLicence(scene, one, { startsOn: "2026-11-24", endsOn: "2046-11-30" });
    await subscribe(scene, one, { customer });
    await one.api.ask("PATCH", `/v1/subscriptions/${one.ids["subscriptionId"]}`, {
      metadata: { turn: makeFresh("") },
    });
    const { now } = await one.api.ask<{ now: string }>("GET", "/v1/sandbox/clock");
    await one.api.ask("POST", "/v1/sandbox/clock/advance", {
      to: Temporal.Instant.from(now)
        .add({ hours: 24 * 31 })
        .toString(),
    });
    const { data: charges } = await one.api.ask<Page>("GET", "/v1/charges?limit=1");
    const [charge] = charges;
    await operator.ask(
      "POST",
      `/v1/bills/${charge?.bill ?? ""}/credit-notes`,
      { lines: [{ charge: charge?.id ?? "", amount: "0.01" }], reason: "A cent" },
      { headers: { "evergate-partner": one.ids["partnerId"] ?? "" } },
    );
    const replays = `/v1/webhook-endpoints/${one.ids["endpointId"]}/replays`;
    const replay = await one.api.ask<{ id: string }>("POST", replays, { only: "failed" });
    await one.api.ask("POST", `${replays}/${replay.id}/cancel`);
    await gateway.store.transaction((tx) =>
      tx
        .insertInto("webhook_attempts")
        .values({
          partner: one.ids["partnerId"] ?? "",
          endpoint: one.ids["endpointId"] ?? "",
          id: makeId("attempt"),
          event: one.ids["eventId"] ?? "",
          number: 1,
          attempted_at: 0,
          duration_ms: 1,
          outcome: "failed",
          response_status: 500,
          response_excerpt: null,
          address: null,
          error: null,
          is_given_up: 0,
        })
        .execute(),
    );
  }

  async function ask(
    operation: DeclaredOperation,
    query: Readonly<Record<string, string>>,
    path: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const parts = await makeRequest(scene, scene.one, operation);
    return send(scene, operation, {
      ...parts,
      path: { ...parts.path, ...path },
      query: { ...filterOf[operation.id], ...query },
    });
  }
  /** A bill that has many lines, and many customers, or the credit note for all of it. */
  async function findPath(operation: DeclaredOperation): Promise<Readonly<Record<string, string>>> {
    if (operation.id === "listCreditNoteLines")
      return { creditNoteId: await takeWholeCreditNote() };
    if (!operation.path.startsWith("/v1/bills/{billId}/")) return {};
    const { data } = await scene.one.api.ask<Page>("GET", "/v1/bills");
    return { billId: data[0]?.id ?? "" };
  }
  async function takeWholeCreditNote(): Promise<string> {
    const { operator, one } = scene;
    const { data: bills } = await one.api.ask<Page>("GET", "/v1/bills");
    const bill = bills[0]?.id ?? "";
    const { data } = await one.api.ask<Page>("GET", `/v1/credit-notes?bill=${bill}`);
    const known = data.find((note) => note["whole"] === true)?.id;
    if (known !== undefined) return known;
    const { id } = await operator.ask<{ id: string }>(
      "POST",
      `/v1/bills/${bill}/credit-notes`,
      { whole: true, reason: "All of it" },
      { headers: { "evergate-partner": one.ids["partnerId"] ?? "" } },
    );
    return id;
  }
  async function readPage(
    operation: DeclaredOperation,
    query: Readonly<Record<string, string>>,
    path: Readonly<Record<string, string>>,
  ): Promise<Page> {
    const { status, body, text } = await ask(operation, query, path);
    if (status !== 200) throw new Error(`${operation.id} answered ${status}: ${text}`);
    return body as Page;
  }
  async function readOn(
    operation: DeclaredOperation,
    path: Readonly<Record<string, string>>,
    first: Page,
    limit: string,
  ): Promise<readonly string[]> {
    const ids = first.data.map(nameOf);
    for (let after = first.nextCursor; after !== null;) {
      const page = await readPage(operation, { limit, after }, path);
      expect(page.data.length).toBeGreaterThan(0);
      ids.push(...page.data.map(nameOf));
      after = page.nextCursor;
    }
    return ids;
  }

  test.each(listOperations)(
    "$id: pages tile the list, whatever their size, and new entries don't disturb them",
    async (operation) => {
      const path = await findPath(operation);
      const ids = await readOn(
        operation,
        path,
        await readPage(operation, { limit: "200" }, path),
        "200",
      );
      expect(ids.length).toBeGreaterThan(4);
      expect(new Set(ids).size).toBe(ids.length);
      expect((await readPage(operation, {}, path)).data.map(nameOf)).toEqual(ids.slice(0, 50));
      const limits = ids.length > 60 ? ["59", "200"] : ["1", "3", String(ids.length)];
      for (const limit of limits)
        expect(
          await readOn(operation, path, await readPage(operation, { limit }, path), limit),
        ).toEqual(ids);

      const first = await readPage(operation, { limit: "2" }, path);
      await addOneOfEach();
      const seen = await readOn(operation, path, first, ids.length > 60 ? "50" : "2");
      // Oldest first, what is new comes at the end; newest first, it would stand before what has been read.
      expect(seen.slice(0, ids.length)).toEqual(ids);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length > ids.length).toBe(oldestFirst.has(operation.id));
    },
  );

  test.each(listOperations)("$id: what is no cursor of this list is refused", async (operation) => {
    const ids = [
      makeId("cus"),
      makeId("sub"),
      makeId("prod"),
      makeId("evt"),
      makeId("bill"),
      makeId("prepaid"),
      makeId("charge"),
      makeId("audit"),
      makeId("key"),
      makeId("wh"),
      makeId("attempt"),
      makeId("replay"),
      makeId("receipt"),
      makeId("price"),
      makeId("partner"),
    ];
    const { data } = await readPage(operation, { limit: "1" }, await findPath(operation));
    const prefix = String(data[0]?.id).split("_")[0];
    const foreign = ids.flatMap((id) =>
      id.startsWith(`${prefix}_`) ? [] : [id, Buffer.from(id).toString("base64url")],
    );
    const garbage = [
      "x",
      "0",
      "-",
      "AAAA",
      "null",
      Buffer.from("' or 1=1 --").toString("base64url"),
      Buffer.from([0xff, 0xfe, 0x00]).toString("base64url"),
      `${Buffer.from(String(data[0]?.id)).toString("base64url")}x`,
    ];
    for (const after of [...foreign, ...garbage]) {
      const { status, body } = await ask(operation, { after });
      expect(
        `${after} ${status} ${(body as { errors?: readonly { pointer: string }[] }).errors?.[0]?.pointer}`,
      ).toBe(`${after} 400 /query/after`);
    }
  });
});
