import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { apiOf, type Api } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

/** So many keys are fought over, each by as many requests as it takes, all at once. */
const rounds = 12;

describe.each(testStores)("requests that end one API key at once, on $name", (stores) => {
  const open = async (): Promise<{
    operator: Api;
    makeKeys: () => Promise<readonly Schemas["CreatedApiKey"][]>;
  }> => {
    const operator = apiOf(await startTestGateway(stores));
    const makeKey = (): Promise<Schemas["CreatedApiKey"]> =>
      operator.ask("POST", "/v1/api-keys", { kind: "operator", name: "Contested" });
    return {
      operator,
      makeKeys: () => Promise.all(Array.from({ length: rounds }, makeKey)),
    };
  };
  const readKey = async (operator: Api, id: string): Promise<Schemas["ApiKey"] | undefined> => {
    const { data } = await operator.ask<Schemas["ApiKeyList"]>("GET", "/v1/api-keys?limit=200");
    return data.find((key) => key.id === id);
  };

  test("a key rolled without an overlap is dead, whatever other rolls were under way", async () => {
    const { operator, makeKeys } = await open();
    await Promise.all(
      (await makeKeys()).map(async ({ id, secret }) => {
        const roll = (overlapSeconds: number): Promise<number> =>
          operator
            .call("POST", `/v1/api-keys/${id}/roll`, { overlapSeconds })
            .then(({ status }) => status);
        // An overlap that comes first is cut short; one that comes later is refused.
        const [long, none] = await Promise.all([roll(3_600), roll(0)]);
        expect(none).toBe(201);
        expect([201, 409]).toContain(long);
        expect(
          await operator.call("GET", "/v1/api-keys", undefined, { key: secret }),
        ).toMatchObject({ status: 401 });
        expect(await readKey(operator, id)).toMatchObject({ expiresAt: "2026-11-24T09:00:00Z" });
      }),
    );
  });

  test("two rolls without an overlap make one new key", async () => {
    const { operator, makeKeys } = await open();
    await Promise.all(
      (await makeKeys()).map(async ({ id }) => {
        const replies = await Promise.all(
          [0, 0].map((overlapSeconds) =>
            operator.call("POST", `/v1/api-keys/${id}/roll`, { overlapSeconds }),
          ),
        );
        expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 409]);
      }),
    );
  });

  test("a key revoked many times at once is revoked once on record", async () => {
    const { operator, makeKeys } = await open();
    await Promise.all(
      (await makeKeys()).map(async ({ id }) => {
        const replies = await Promise.all(
          [1, 2, 3].map(() => operator.call("DELETE", `/v1/api-keys/${id}`)),
        );
        expect(replies.map(({ status }) => status)).toEqual([204, 204, 204]);
        const { data } = await operator.ask<Schemas["AuditEntryList"]>(
          "GET",
          `/v1/audit-log?subject=${id}`,
        );
        expect(data.map(({ action }) => action)).toEqual(["revokeApiKey", "createApiKey"]);
      }),
    );
  });
});
