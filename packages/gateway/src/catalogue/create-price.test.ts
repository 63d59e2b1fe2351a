import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

describe.each(testStores)("another price on $name", (stores) => {
  // The tests' clock stands at 24 November 2026, 09:00 UTC: in Kiritimati it is the 24th as well.
  test("422 price_starts_in_past until the day after today, wherever the day begins first", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const price = { product: "code:A", channel: "reseller", currency: "EUR", unitPrice: "9.00" };
    const order = (validFrom: string) =>
      world.operator.call<Schemas["Problem"]>("POST", "/v1/prices", { ...price, validFrom });
    const refused = await order("2026-11-24");
    expect([refused.status, refused.body.code]).toEqual([422, "price_starts_in_past"]);
    expect(refused.body.detail).toContain("2026-11-25");
    expect((await order("2026-11-25")).status).toBe(201);
    expect((await order("2026-11-25")).body.code).toBe("price_exists");
  });

  test("counts from the first period that begins on its day or later", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    await world.operator.ask("POST", "/v1/prices", {
      product: "code:A",
      channel: "reseller",
      currency: "EUR",
      unitPrice: "3.50",
      validFrom: "2026-12-02",
    });
    await world.subscribe();
    await world.advanceTo("2027-02-01T00:00:00+01:00");
    const { data } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    expect(data.map(({ month, net }) => `${month} ${net}`)).toEqual([
      "2027-01 35.00",
      "2026-12 20.00",
    ]);
  });
});
