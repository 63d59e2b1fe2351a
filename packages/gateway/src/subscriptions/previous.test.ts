import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type EventList = components["schemas"]["EventList"];

describe.each(testStores)("what events tell of before on $name", (stores) => {
  test("a renewal tells the period that closed, the term's count and the change that has come true", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe({ term: { periods: 12, renews: true } });
    await world.advanceTo("2026-12-10T12:00:00+01:00");
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, {
      quantity: 5,
      effective: "next_period",
    });
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 5 });
    await world.advanceTo("2027-01-01T00:00:00+01:00");
    const { data } = await world.api.ask<EventList>("GET", "/v1/events?type=subscription.renewed");
    expect(data[0]?.data).toMatchObject({
      scheduledChange: null,
      term: { used: 1 },
      period: { startsAt: "2026-12-31T23:00:00Z" },
      previous: {
        scheduledChange: { quantity: 5 },
        term: { used: 0 },
        period: { startsAt: "2026-11-30T23:00:00Z", billedQuantity: 10 },
      },
    });
  });
});
