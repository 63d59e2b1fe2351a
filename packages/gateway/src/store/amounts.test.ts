import { expect, describe, test } from "vitest";
import type { components } from "../generated/api.ts";
import { apiOf, makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

describe.each(testStores)("amounts on $name", (stores) => {
  test("are exact and without bound: the dearest month that the contract allows is billed to the last digit", async () => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    const product = await operator.ask<Schemas["Product"]>("POST", "/v1/products", {
      code: "DEAR",
      name: "Dear",
      unit: "cpu",
      minQuantity: 1,
      maxQuantity: 10_000_000,
    });
    await operator.ask("POST", "/v1/prices", {
      product: product.id,
      channel: "reseller",
      currency: "KWD",
      unitPrice: "999999999.999999",
      validFrom: "2026-01-01",
    });
    const world = await makeWorld(gateway, { currency: "KWD", taxRate: "21" });
    for (let count = 0; count < 3; count++)
      await world.subscribe({ product: product.id, quantity: 10_000_000 });
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    const { data } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    // 999999999.999999 × 10⁷ = 9999999999999990.000, three times; 21 % of it are 6299999999999993.700.
    expect(data[0]).toMatchObject({
      net: "29999999999999970.000",
      tax: "6299999999999993.700",
      total: "36299999999999963.700",
    });
  });
});
