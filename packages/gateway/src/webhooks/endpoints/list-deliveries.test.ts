import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { makeId } from "../../ids.ts";
import { openDeliveryBench, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";

type List = components["schemas"]["WebhookDeliveryList"];

const [a, b, c] = [makeId("sub"), makeId("sub"), makeId("sub")];

/** Walks a list page by page; answers the numbers. */
async function walk(bench: DeliveryBench, path: string): Promise<readonly number[]> {
  const numbers: number[] = [];
  let after = "";
  for (;;) {
    const page = await bench.world.api.ask<List>("GET", `${path}${after}`);
    numbers.push(...page.data.map(({ sequence }) => sequence));
    if (page.nextCursor === null) return numbers;
    after = `&after=${page.nextCursor}`;
  }
}

describe.each(testStores)("lists of deliveries on $name", (stores) => {
  test("they are filtered by status, in either order, page by page", async () => {
    const bench = await openDeliveryBench(stores);
    const endpoint = await bench.addEndpoint("http://127.0.0.1:1/");
    // Five events of five subscriptions: the first is taken, the next two given up, then one is tried again and one isn't tried.
    const events = await bench.addEvents(a, b, c, makeId("sub"), makeId("sub"));
    await bench.store.transaction(async (tx) => {
      const stands = ["delivered", "failed", "failed", "pending", "pending"];
      for (const [index, status] of stands.entries())
        await tx
          .updateTable("webhook_deliveries")
          .set({ status, attempt_count: index === 4 ? 0 : 1, finished_at: index < 3 ? 0 : null })
          .where("event", "=", events[index] ?? "")
          .execute();
    });
    const path = `/v1/webhook-endpoints/${endpoint.id}/deliveries`;
    const shown = {
      "": [1, 2, 3, 4, 5],
      "&status=delivered": [1],
      "&status=failed": [2, 3],
      "&status=pending": [4, 5],
    };
    for (const limit of [1, 2, 3, 200])
      for (const [filter, numbers] of Object.entries(shown)) {
        const query = `${path}?limit=${limit}${filter}`;
        expect(await walk(bench, query)).toEqual(numbers);
        expect(await walk(bench, `${query}&order=newest_first`)).toEqual(numbers.toReversed());
      }
  });

  test("another endpoint's cursor is refused, and an endpoint that is no more has none", async () => {
    const bench = await openDeliveryBench(stores);
    const [one, other] = [
      await bench.addEndpoint("http://127.0.0.1:1/one"),
      await bench.addEndpoint("http://127.0.0.1:1/other"),
    ];
    await bench.addEvents(a, b);
    const pathOf = ({ id }: { readonly id: string }): string =>
      `/v1/webhook-endpoints/${id}/deliveries?limit=1`;
    const { api } = bench.world;
    const { nextCursor } = await api.ask<List>("GET", pathOf(one));
    expect(await api.call("GET", `${pathOf(one)}&after=${nextCursor}`)).toMatchObject({
      status: 200,
      body: { data: [{ sequence: 2 }], nextCursor: null },
    });
    for (const after of [nextCursor, Buffer.from(`${other.id}.0`).toString("base64url")])
      expect(await api.call("GET", `${pathOf(other)}&after=${after}`)).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: "/query/after" }] },
      });
    await api.call("DELETE", `/v1/webhook-endpoints/${one.id}`);
    expect(await api.call("GET", pathOf(one))).toMatchObject({ status: 404 });
  });

  test("what was taken is found however much else lies between, a stretch at a time", async () => {
    const bench = await openDeliveryBench(stores);
    const endpoint = await bench.addEndpoint("http://127.0.0.1:1/");
    await bench.addEvents(a, b);
    await bench.store.transaction(async (tx) => {
      const deliveries = tx.updateTable("webhook_deliveries");
      await deliveries.set({ status: "delivered", finished_at: 0 }).execute();
      await deliveries.set({ sequence: 10_002 }).where("sequence", "=", 2).execute();
      for (let first = 2; first <= 10_001; first += 1_000)
        await tx
          .insertInto("webhook_deliveries")
          .values(
            Array.from({ length: 1_000 }, (_, index) => ({
              partner: bench.partner,
              endpoint: endpoint.id,
              sequence: first + index,
              event: makeId("evt"),
              lane: "",
              status: "pending",
              attempt_count: 0,
              next_attempt_at: 0,
              body: null,
              queued_at: 0,
              finished_at: null,
            })),
          )
          .execute();
    });
    const path = `/v1/webhook-endpoints/${endpoint.id}/deliveries?status=delivered&limit=200`;
    const first = await bench.world.api.ask<List>("GET", path);
    expect(first.data.map(({ sequence }) => sequence)).toEqual([1]);
    expect(first.nextCursor).not.toBeNull();
    expect(await walk(bench, path)).toEqual([1, 10_002]);
    expect(await walk(bench, `${path}&order=newest_first`)).toEqual([10_002, 1]);
  });
});
