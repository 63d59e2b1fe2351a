import { parseMonth } from "@evergate/core";
import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { toPartnerId } from "../ids.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { streamBillLines } from "./bill-lines.ts";

type Schemas = components["schemas"];

describe.each(testStores)("the lines of a bill on $name", (stores) => {
  test("stand by the customer's name, then subscription, then period, read at once or by pages", async () => {
    const gateway = await startTestGateway(stores);
    const world = await makeWorld(gateway);
    for (const [name, subscriptions] of [
      ["Žilina Baths", 2],
      ["apex hotels", 3],
      ["Hotel Carpathia", 1],
      ["Éclair", 2],
      ["Apex Hotels", 1],
    ] as const) {
      const customer = await world.api.ask<Schemas["Customer"]>("POST", "/v1/customers", { name });
      for (let count = 0; count < subscriptions; count++)
        await world.subscribe({ customer: customer.id });
    }
    await world.advanceTo("2027-01-01T00:00:00+01:00");

    const { data: bills } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    const names = new Map(bills[0]?.customers.map(({ customer, name }) => [customer, name]));
    expect([...names.values()]).toEqual([
      "apex hotels",
      "Apex Hotels",
      "Éclair",
      "Hotel Carpathia",
      "Žilina Baths",
    ]);

    const month = parseMonth("2026-12");
    if (month === null) throw new Error("2026-12 is a month.");
    const streamed: string[] = [];
    for await (const lines of streamBillLines(
      gateway.store.reader,
      toPartnerId(world.partner.id),
      month,
    ))
      for (const line of lines) streamed.push(line.id);
    expect(streamed).toHaveLength(9);
    for (const limit of [1, 2, 4, 200]) {
      const read: Schemas["Charge"][] = [];
      let after: string | null = null;
      do {
        const cursor: string = after === null ? "" : `&after=${after}`;
        const page: Schemas["ChargeList"] = await world.api.ask(
          "GET",
          `/v1/bills/${bills[0]?.id}/lines?limit=${limit}${cursor}`,
        );
        read.push(...page.data);
        after = page.nextCursor;
      } while (after !== null);
      expect(read.map(({ id }) => id)).toEqual(streamed);
      expect(read.map(({ customer }) => names.get(customer))).toEqual([
        ...Array.from({ length: 3 }, () => "apex hotels"),
        "Apex Hotels",
        ...Array.from({ length: 2 }, () => "Éclair"),
        "Hotel Carpathia",
        ...Array.from({ length: 2 }, () => "Žilina Baths"),
      ]);
      expect(read.every(({ bill }) => bill === bills[0]?.id)).toBe(true);
    }
  });
});
