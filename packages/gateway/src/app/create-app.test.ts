import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, type TestGateway } from "../testing/start-test-gateway.ts";

describe.each(testStores)("headers of answers on $name", (stores) => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startTestGateway(stores, { isShared: true });
  });
  afterAll(() => gateway.close());

  test.each(["/", "/docs", "/docs/", "/openapi.json", "/healthz"])(
    "%s has a Request-Id",
    async (path) => {
      const { headers } = await ask(path);
      expect(headers.get("request-id")).toMatch(/^req_[0-9a-z]{26}$/);
    },
  );

  test.each(["/none", "/docs/none", "/v1/customers/none"])(
    "%s has the Request-Id that its problem names",
    async (path) => {
      const answer = await ask(path);
      const requestId = answer.headers.get("request-id");
      expect(await answer.json()).toMatchObject({ requestId });
    },
  );

  test("answers that show a secret are kept by nobody", async () => {
    const body = JSON.stringify({ kind: "operator", name: "Second" });
    const made = await ask("/v1/api-keys", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(made.status).toBe(201);
    expect(made.headers.get("cache-control")).toBe("no-store");
    expect((await ask("/v1/api-keys")).headers.get("cache-control")).toBeNull();
  });

  test.each(["/healthz", "/v1/api-keys", "/none"])("%s is JSON and nothing else", async (path) => {
    expect((await ask(path)).headers.get("x-content-type-options")).toBe("nosniff");
  });

  function ask(path: string, init: RequestInit = {}): Promise<Response> {
    return gateway.fetch(
      new Request(`${gateway.baseUrl}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${gateway.operatorKey}`, ...init.headers },
      }),
    );
  }
});
