import { openReport, parseMonth, toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { catchUp } from "../clockwork/catch-up.ts";
import { toPartnerId } from "../ids.ts";
import { findPartner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { reportMonth } from "./report-month.ts";

/** Reads as it would, and lets something happen after the query of a number. */
function interrupt(reader: Reader, after: number, happen: () => Promise<unknown>): Reader {
  let count = 0;
  return reader.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      count += 1;
      if (count === after) await happen();
      return result;
    },
  });
}

describe.each(testStores)("a month's report on $name", (stores) => {
  test.each([0, 1, 2, 3, 4, 5])(
    "is the same where the clock's work is done after its query %i (R3)",
    async (after) => {
      const gateway = await startTestGateway(stores);
      const world = await makeWorld(gateway, { mode: "live" });
      const ids = [];
      for (let count = 0; count < 3; count++) ids.push((await world.subscribe()).id);
      await world.api.ask("POST", `/v1/subscriptions/${ids[0]}/cancel`, {
        effective: "period_end",
      });
      await world.api.ask("PATCH", `/v1/subscriptions/${ids[1]}`, {
        quantity: 40,
        effective: "next_period",
      });
      const now = toInstant(Date.parse("2026-12-15T08:00:00Z"));
      gateway.setNow(now);
      const { services } = gateway.gateway;
      const id = toPartnerId(world.partner.id);
      const partner = await findPartner(gateway.store.reader, id);
      const month = parseMonth("2026-12");
      const span = month && openReport(month, "Europe/Bratislava", now);
      if (partner === undefined || span === null) throw new Error("There is no such report.");
      let hasHappened = false;
      const db = interrupt(gateway.store.reader, after, async () => {
        hasHappened = true;
        await catchUp(services, id, now);
      });
      const seen = [];
      for await (const batch of reportMonth(db, partner, span, { from: null }))
        for (const { report, ...one } of batch) seen.push([one.id, report]);
      const served = { daysInService: 15, isFree: false };
      const product = { product: world.products.a.id, isCurrent: true, ...served };
      expect(seen).toEqual([
        [ids[1], { status: "active", ...served, products: [{ ...product, quantity: 40 }] }],
        [ids[2], { status: "active", ...served, products: [{ ...product, quantity: 10 }] }],
      ]);
      expect(hasHappened).toBe(after > 0);
    },
  );
});
