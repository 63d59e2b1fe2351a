import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { makeId } from "../../ids.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import { testNow, testSecretKey } from "../../testing/start-test-gateway.ts";
import { createSealer } from "../../secrets/sealer.ts";
import { describeStatus } from "../delivery/describe-failure.ts";
import { recordFinished } from "../delivery/record-finished.ts";

type Schemas = components["schemas"];
type List = Schemas["WebhookAttemptList"];

/** Stores attempts by hand, each a millisecond after the one before; answers their ids, oldest first. */
async function addAttempts(
  bench: DeliveryBench,
  endpoint: string,
  attempts: readonly (readonly [event: string, outcome: "succeeded" | "failed"])[],
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const [event, outcome] of attempts) {
    const id = makeId("attempt");
    ids.push(id);
    await bench.store.transaction((tx) =>
      tx
        .insertInto("webhook_attempts")
        .values({
          partner: bench.partner,
          endpoint,
          id,
          event,
          number: 1,
          attempted_at: toInstant(ids.length),
          duration_ms: 1,
          outcome,
          response_status: outcome === "failed" ? 500 : 204,
          response_excerpt: null,
          address: "127.0.0.1",
          error: outcome === "failed" ? describeStatus(500) : null,
          is_given_up: 0,
        })
        .execute(),
    );
  }
  return ids;
}

/** Walks a list page by page. */
async function walk(bench: DeliveryBench, path: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let after = "";
  for (;;) {
    const page = await bench.world.api.ask<List>("GET", `${path}${after}`);
    ids.push(...page.data.map(({ id }) => id));
    if (page.nextCursor === null) return ids;
    after = `&after=${page.nextCursor}`;
  }
}

describe.each(testStores)("lists of attempts on $name", (stores) => {
  test("an attempt tells status, duration, answer and address, also of a success; the newest says when the next is due", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response, _request, index) =>
      response.writeHead(index === 0 ? 503 : 200).end(index === 0 ? "<h1>Down</h1>" : "thanks"),
    );
    const endpoint = await bench.addEndpoint(receiver.url);
    const [event = ""] = await bench.addEvents("sub_a");
    bench.startWorker();
    const path = `/v1/events/${event}/attempts`;
    const list = async (): Promise<List["data"]> =>
      (await bench.world.api.ask<List>("GET", path)).data;
    await until(async () => (await list()).length === 1);
    const first = {
      endpoint: endpoint.id,
      event,
      eventType: "subscription.renewed",
      attempt: 1,
      status: "failed",
      responseStatus: 503,
      responseExcerpt: "<h1>Down</h1>",
      error: "The endpoint answered 503: it is overloaded or down, so it gets fewer for now.",
      address: "127.0.0.1",
    };
    const [waiting] = await list();
    expect(waiting).toMatchObject(first);
    expect(waiting?.nextAttemptAt).not.toBeNull();
    expect(waiting?.givenUp).toBe(false);
    expect(waiting?.durationMs).toBeGreaterThanOrEqual(0);
    bench.passMs(3_600_000);
    await until(async () => (await list()).length === 2);
    expect(await list()).toMatchObject([
      {
        attempt: 2,
        status: "succeeded",
        responseStatus: 200,
        responseExcerpt: "thanks",
        error: null,
        address: "127.0.0.1",
        nextAttemptAt: null,
      },
      { ...first, nextAttemptAt: null },
    ]);
  });

  test("one that nothing was sent to has no address and no answer", async () => {
    const bench = await openDeliveryBench(stores, { privateWebhooks: false });
    const endpoint = await bench.addEndpoint("https://hooks.example.com/");
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end("inside"));
    await bench.store.transaction((tx) =>
      tx.updateTable("webhook_endpoints").set({ url: receiver.url }).execute(),
    );
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      {
        status: "failed",
        responseStatus: null,
        responseExcerpt: null,
        error: expect.stringContaining("Nothing was sent: url leads to an address that is not"),
        address: null,
      },
    ]);
    expect(receiver.received).toHaveLength(0);
  });

  test("the last attempt says that the event was given up, unless it was given all its attempts again meanwhile", async () => {
    const bench = await openDeliveryBench(stores);
    const endpoint = await bench.addEndpoint("http://127.0.0.1:1/");
    const events = await bench.addEvents("sub_a", "sub_b");
    // The second was put on its way anew while its last attempt was made.
    await bench.store.transaction((tx) =>
      tx
        .updateTable("webhook_deliveries")
        .set({ attempt_count: 10 })
        .where("sequence", "=", 1)
        .execute(),
    );
    await bench.store.transaction((tx) =>
      recordFinished(
        tx,
        createSealer(testSecretKey),
        bench.store.dialect,
        events.map((event, index) => ({
          id: makeId("attempt"),
          partner: bench.partner,
          endpoint: endpoint.id,
          event,
          sequence: index + 1,
          number: 11,
          attemptedAt: testNow,
          durationMs: 1,
          responseStatus: 500,
          responseExcerpt: null,
          address: "127.0.0.1",
          error: describeStatus(500),
          next: { status: "failed" as const },
        })),
        testNow,
      ),
    );
    const { data } = await bench.world.api.ask<List>(
      "GET",
      `/v1/webhook-endpoints/${endpoint.id}/attempts`,
    );
    expect(events.map((event) => data.find((attempt) => attempt.event === event)?.givenUp)).toEqual(
      [true, false],
    );
  });

  test("they are filtered by status and event, newest first, page by page", async () => {
    const bench = await openDeliveryBench(stores);
    const [one, other] = [
      await bench.addEndpoint("http://127.0.0.1:1/one"),
      await bench.addEndpoint("http://127.0.0.1:1/other"),
    ];
    const [a = "", b = ""] = await bench.addEvents("sub_a", "sub_b");
    const made = [
      [a, "failed"],
      [b, "succeeded"],
      [a, "failed"],
      [a, "succeeded"],
      [b, "failed"],
      [a, "failed"],
      [b, "succeeded"],
    ] as const;
    const ofOne = await addAttempts(bench, one.id, made);
    const ofOther = await addAttempts(bench, other.id, [[a, "failed"]]);
    const pick = (event: string | null, outcome: string | null): readonly string[] =>
      ofOne
        .filter(
          (_, index) =>
            (event ?? made[index]?.[0]) === made[index]?.[0] &&
            (outcome ?? made[index]?.[1]) === made[index]?.[1],
        )
        .toReversed();
    const path = `/v1/webhook-endpoints/${one.id}/attempts`;
    for (const limit of [1, 2, 3, 200]) {
      expect(await walk(bench, `${path}?limit=${limit}`)).toEqual(pick(null, null));
      for (const status of ["failed", "succeeded"]) {
        expect(await walk(bench, `${path}?limit=${limit}&status=${status}`)).toEqual(
          pick(null, status),
        );
        expect(await walk(bench, `${path}?limit=${limit}&status=${status}&event=${a}`)).toEqual(
          pick(a, status),
        );
      }
      expect(await walk(bench, `${path}?limit=${limit}&event=${b}`)).toEqual(pick(b, null));
      expect(await walk(bench, `/v1/events/${a}/attempts?limit=${limit}`)).toEqual([
        ...ofOther,
        ...pick(a, null),
      ]);
      expect(await walk(bench, `/v1/events/${b}/attempts?limit=${limit}&status=failed`)).toEqual(
        pick(b, "failed"),
      );
    }
    expect(await walk(bench, `${path}?limit=1&event=${makeId("evt")}`)).toEqual([]);
    expect(await bench.world.api.call("GET", `/v1/events/${makeId("evt")}/attempts`)).toMatchObject(
      { status: 404, body: { code: "not_found" } },
    );
    expect(await bench.world.api.call("GET", `${path}?status=pending`)).toMatchObject({
      status: 400,
    });
  });
});
