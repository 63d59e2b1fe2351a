import { describe, expect, test } from "vitest";
import { Evergate, EvergateError, type EvergateOptions } from "../index.ts";
import { answerJson, startServer, type TestServer } from "../testing/start-server.ts";

async function connect(
  options: Partial<EvergateOptions> = {},
  prefix = "",
): Promise<{ evergate: Evergate; server: TestServer }> {
  const server = await startServer(answerJson(200, { data: [], nextCursor: null }));
  return {
    evergate: new Evergate({
      apiKey: "evg_test",
      baseUrl: `${server.baseUrl}${prefix}`,
      ...options,
    }),
    server,
  };
}

describe("the URL", () => {
  test.each([
    ["ext:S-1001/1", "ext%3AS-1001%2F1"],
    ["../../admin", "..%2F..%2Fadmin"],
    ["a?b=c#d", "a%3Fb%3Dc%23d"],
    ["100%", "100%25"],
    ["%2e%2e", "%252e%252e"],
    ["a b\nc", "a%20b%0Ac"],
    ["Žofia", "%C5%BDofia"],
  ])("id %j is one segment of the path", async (id, segment) => {
    const { evergate, server } = await connect();
    await evergate.subscriptions.get(id);
    expect(server.seen[0]?.url).toBe(`/v1/subscriptions/${segment}`);
  });

  test.each(["", ".", "..", undefined, null, 7, "\ud800"])(
    "id %j is refused, and nothing sent",
    async (id) => {
      const { evergate, server } = await connect();
      await expect(evergate.subscriptions.get(id as string)).rejects.toBeInstanceOf(EvergateError);
      await expect(evergate.webhookEndpoints.delete(id as string)).rejects.toBeInstanceOf(
        EvergateError,
      );
      expect(server.seen).toHaveLength(0);
    },
  );

  test.each(["/evergate", "/evergate/", "/a/b//"])(
    "baseUrl with the path %s keeps it",
    async (prefix) => {
      const { evergate, server } = await connect({}, prefix);
      await evergate.bills.listLines("bill_1", { limit: 5 });
      expect(server.seen[0]?.url).toBe(
        `${prefix.replace(/\/+$/, "")}/v1/bills/bill_1/lines?limit=5`,
      );
    },
  );

  test("filters are encoded, and left out where they are undefined", async () => {
    const { evergate, server } = await connect();
    await evergate.subscriptions.list({ customer: "ext:A&B=C", status: "active", limit: 200 });
    expect(server.seen[0]?.url).toBe(
      "/v1/subscriptions?customer=ext%3AA%26B%3DC&status=active&limit=200",
    );
    await evergate.customers.list();
    expect(server.seen[1]?.url).toBe("/v1/customers");
  });

  test.each([
    "",
    "evergate.example.com",
    "ftp://a",
    "/v1",
    "https://u:p@a",
    "https://a?b",
    "https://a#b",
  ])("baseUrl %j is refused", (baseUrl) => {
    expect(() => new Evergate({ apiKey: "evg_test", baseUrl })).toThrow(/^baseUrl/);
  });
});

describe("headers", () => {
  test("partner and actor come from the client; a call puts others in their place, or null", async () => {
    const { evergate, server } = await connect({ partner: "partner_1", actor: "Eva Horváthová" });
    await evergate.subscriptions.resume("sub_1");
    await evergate.subscriptions.resume("sub_1", { partner: "partner_2", actor: "100 % Ján" });
    await evergate.subscriptions.resume("sub_1", { partner: null, actor: null });
    const headers = server.seen.map(({ headers }) => [
      headers["evergate-partner"],
      headers["evergate-actor"],
    ]);
    expect(headers).toEqual([
      ["partner_1", "Eva%20Horv%C3%A1thov%C3%A1"],
      ["partner_2", "100%20%25%20J%C3%A1n"],
      [undefined, undefined],
    ]);
  });

  test("a body has its type; without one there is none", async () => {
    const { evergate, server } = await connect();
    await evergate.subscriptions.reactivate("sub_1");
    await evergate.subscriptions.resume("sub_1");
    expect(server.seen.map(({ headers, body }) => [headers["content-type"], body])).toEqual([
      ["application/json", "{}"],
      [undefined, ""],
    ]);
  });

  test("ifMatch is an entity tag", async () => {
    const { evergate, server } = await connect();
    await evergate.subscriptions.update("sub_1", { quantity: 3 }, { ifMatch: 4 });
    await evergate.subscriptions.update("sub_1", { quantity: 3 }, { ifMatch: "*" });
    expect(server.seen.map(({ headers }) => headers["if-match"])).toEqual(['"4"', "*"]);
    await expect(evergate.subscriptions.update("sub_1", {}, { ifMatch: 1.5 })).rejects.toThrow(
      /^ifMatch has to be/,
    );
  });

  test("only POST and PATCH have an Idempotency-Key", async () => {
    const { evergate, server } = await connect();
    await evergate.subscriptions.get("sub_1");
    await evergate.apiKeys.revoke("key_1");
    await evergate.products.update("prod_1", {});
    expect(server.seen.map(({ headers }) => typeof headers["idempotency-key"])).toEqual([
      "undefined",
      "undefined",
      "string",
    ]);
    await expect(evergate.products.update("prod_1", {}, { idempotencyKey: "a b" })).rejects.toThrow(
      /^idempotencyKey has to be/,
    );
  });
});

test.each([0, -1, Number.NaN, 2 ** 31])("timeoutMs %d is refused", async (timeoutMs) => {
  expect(
    () => new Evergate({ apiKey: "evg_test", baseUrl: "http://localhost", timeoutMs }),
  ).toThrow(/^timeoutMs/);
  const { evergate } = await connect();
  await expect(evergate.system.getHealth({ timeoutMs })).rejects.toThrow(/^timeoutMs/);
});

test.each([-1, 1.5, 11])("maxRetries %d is refused", (maxRetries) => {
  expect(
    () => new Evergate({ apiKey: "evg_test", baseUrl: "http://localhost", maxRetries }),
  ).toThrow(/^maxRetries/);
});
