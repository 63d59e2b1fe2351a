import { describe, expect, test } from "vitest";
import { apiOf, type Api } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, type TestGateway } from "../testing/start-test-gateway.ts";
import { operations } from "./contract.ts";
import { takePartner } from "./requests.ts";
import { send } from "./requests.ts";

const readable = operations.filter(
  ({ method, path, security }) =>
    method === "get" && !path.includes("{") && security !== null && "partnerKey" in security,
);

/** The first and the last instants that a request can name, where the local day lies in another year. */
const edges = [
  {
    name: "the first instant, a day earlier in Honolulu",
    clock: "2000-01-01T00:00:00Z",
    timeZone: "Pacific/Honolulu",
  },
  {
    name: "the last instant, a day later in Auckland",
    clock: "2099-12-31T23:59:59.999Z",
    timeZone: "Pacific/Auckland",
  },
] as const;

describe.each(testStores)("the calendar's edges keep to the contract on $name", (stores) => {
  test.each(edges)("$name", async ({ clock, timeZone }) => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    const { id: product } = await operator.ask<{ id: string }>("POST", "/v1/products", {
      code: "EDGE",
      name: "Edge",
      unit: "user",
      minQuantity: 1,
      maxQuantity: 100,
    });
    await operator.ask("POST", "/v1/prices", {
      product,
      channel: "xsp",
      currency: "EUR",
      unitPrice: "2.00",
      validFrom: "1999-12-01",
    });
    for (const billingPeriod of ["calendar_month", "thirty_days"]) {
      const { key, api } = await takePartner(
        { gateway, operator },
        { clock, timeZone, billingPeriod },
      );
      const { id } = await api.ask<{ id: string }>("POST", "/v1/subscriptions", {
        customer: { name: "Edge" },
        product,
        quantity: 10,
        trial: "none",
      });
      await order(api, id);
      await readAll(gateway, key);
    }
  });
});

/** All that sets a date further on. */
async function order(api: Api, id: string): Promise<void> {
  for (const [action, body] of [
    ["cancel", { effective: "period_end" }],
    ["withdraw-cancellation", undefined],
    ["pause", { days: 3660 }],
    ["resume", undefined],
  ] as const)
    await api.ask("POST", `/v1/subscriptions/${id}/${action}`, body);
  await api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 5, effective: "next_period" });
}

async function readAll(gateway: TestGateway, key: string): Promise<void> {
  for (const operation of readable) {
    const reply = await send({ gateway }, operation, { path: {}, query: {}, headers: {}, key });
    expect(`${operation.id} ${reply.status}`).toBe(`${operation.id} 200`);
  }
  await apiOf(gateway, key).ask("GET", "/v1/events?limit=200");
}
