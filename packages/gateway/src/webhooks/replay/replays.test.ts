import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { openReplayBench, type ReplayBench } from "../../testing/open-replay-bench.ts";
import { until } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import { placeNewEvents } from "../../events/place-events.ts";
import { testNow } from "../../testing/start-test-gateway.ts";
import { runReplays } from "./run-replays.ts";

type Schemas = components["schemas"];

const numbers = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Which deliveries stand how, in their order: `delivered failed pending`. */
async function listStatuses(bench: ReplayBench, endpoint: string): Promise<string> {
  return (await bench.listDeliveries(endpoint)).map((line) => line.split(" ")[1]).join(" ");
}

describe.each(testStores)("replays on $name", (stores) => {
  test("only what was given up: counted beforehand, put on its way under its numbers, and then over", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents("sub_a", "sub_a", "sub_b", "sub_c", "sub_c");
    await bench.finish(endpoint, "failed", [1, 4]);
    await bench.finish(endpoint, "delivered", [2, 3]);
    const before = await bench.listDeliveries(endpoint);
    expect(await bench.preview(endpoint, { only: "failed" })).toEqual({
      count: 2,
      isComplete: true,
    });
    expect(await bench.listDeliveries(endpoint)).toEqual(before);
    const replay = await bench.replay(endpoint, { only: "failed" });
    expect(replay).toEqual({
      id: replay.id,
      endpoint,
      status: "counting",
      only: "failed",
      since: null,
      until: null,
      eventTypes: null,
      count: null,
      done: 0,
      added: 0,
      createdAt: "2026-11-24T09:00:00Z",
      finishedAt: null,
    });
    expect(await bench.carryOn(replay)).toEqual({
      ...replay,
      status: "completed",
      count: 2,
      done: 2,
      finishedAt: "2026-11-24T09:00:00Z",
    });
    expect(await listStatuses(bench, endpoint)).toBe("pending delivered delivered pending pending");
    expect(
      await bench.world.api.ask("GET", `/v1/webhook-endpoints/${endpoint}/replays`),
    ).toMatchObject({ data: [{ id: replay.id, status: "completed" }], nextCursor: null });
  });

  test("all: of what the endpoint never had it owes receipts, if it is asked for them", async () => {
    const bench = await openReplayBench(stores);
    const old = await bench.addEvents("sub_a", "sub_b", "sub_a");
    const endpoint = await bench.addTarget({
      receipts: { eventTypes: ["subscription.*"], within: { minutes: 60 } },
    });
    const had = await bench.addEvents("sub_b");
    await bench.carryOn(await bench.replay(endpoint, { only: "all" }), 2);
    const receipts = await bench.store.reader
      .selectFrom("receipts")
      .select("event")
      .where("endpoint", "=", endpoint)
      .execute();
    expect(receipts.map(({ event }) => event).toSorted()).toEqual([...old, ...had].toSorted());
    const deciding = await bench.store.reader
      .selectFrom("provisionings")
      .select(["subscription", "event"])
      .orderBy("subscription")
      .execute();
    expect(deciding).toEqual([
      { subscription: "sub_a", event: old[2] },
      { subscription: "sub_b", event: had[0] },
    ]);
  });

  test("all: what the endpoint had keeps its number, what it never had gets the next ones, in the order of events", async () => {
    const bench = await openReplayBench(stores);
    const old = await bench.addEvents("sub_a", "sub_b", "sub_a");
    const endpoint = await bench.addTarget();
    const had = await bench.addEvents("sub_a", "sub_b");
    await bench.finish(endpoint, "delivered", [1]);
    expect(await bench.preview(endpoint, { only: "all" })).toEqual({ count: 4, isComplete: true });
    const replay = await bench.carryOn(await bench.replay(endpoint, { only: "all" }), 2);
    expect(replay).toMatchObject({ status: "completed", count: 4, done: 4, added: 3 });
    expect(await bench.listDeliveries(endpoint)).toEqual([
      `1 pending ${had[0]}`,
      `2 pending ${had[1]}`,
      ...old.map((event, index) => `${index + 3} pending ${event}`),
    ]);
    // What happens next goes on behind them.
    const [next] = await bench.addEvents("sub_a");
    expect((await bench.listDeliveries(endpoint)).at(-1)).toBe(`6 pending ${next}`);
  });

  test("what the endpoint doesn't want as it is set now, and other types than asked for, are left out", async () => {
    const bench = await openReplayBench(stores);
    // The partner's own event comes before the endpoint.
    await placeNewEvents(bench.store, bench.partner, () => testNow);
    const endpoint = await bench.addTarget({ eventTypes: ["*"] });
    await bench.addEvents("sub_a", "sub_b");
    await bench.world.api.ask("POST", "/v1/customers", { name: "Hotel" });
    await placeNewEvents(bench.store, bench.partner, () => testNow);
    expect((await bench.listDeliveries(endpoint)).length).toBe(3);
    await bench.finish(endpoint, "delivered", [1, 2, 3]);
    const count = async (
      eventTypes: NonNullable<Schemas["WebhookReplayInput"]["eventTypes"]>,
    ): Promise<number> => (await bench.preview(endpoint, { only: "all", eventTypes })).count;
    expect(await count(["subscription.renewed"])).toBe(2);
    expect(await count(["customer.*"])).toBe(1);
    expect(await count(["customer.*", "subscription.*"])).toBe(3);
    expect(await count(["bill.issued"])).toBe(0);
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint}`, {
      eventTypes: ["customer.*"],
    });
    expect((await bench.preview(endpoint, { only: "all" })).count).toBe(1);
    // What was given up was promised; it is sent again whatever is wanted now, unless other types are asked for.
    await bench.finish(endpoint, "failed", [1, 3]);
    expect((await bench.preview(endpoint, { only: "failed" })).count).toBe(2);
    const replay = await bench.replay(endpoint, { only: "failed", eventTypes: ["customer.*"] });
    expect(await bench.carryOn(replay)).toMatchObject({ count: 1, done: 1 });
    expect(await listStatuses(bench, endpoint)).toBe("failed delivered pending");
  });

  test.each(["all", "failed"] as const)(
    "%s since an instant and until another: the first is in, the second is not",
    async (only) => {
      const bench = await openReplayBench(stores);
      const endpoint = await bench.addTarget();
      // One a minute, from 9:00 on.
      for (let minute = 0; minute < 9; minute++) {
        await bench.addEvents("sub_a");
        bench.passMs(60_000);
      }
      await bench.finish(endpoint, "failed", numbers(1, 9));
      const count = async (since?: string, end?: string): Promise<number> =>
        (
          await bench.preview(endpoint, {
            only,
            ...(since === undefined ? {} : { since }),
            ...(end === undefined ? {} : { until: end }),
          })
        ).count;
      expect(await count()).toBe(9);
      expect(await count("2026-11-24T09:03:00Z")).toBe(6);
      expect(await count("2026-11-24T09:03:00.001Z")).toBe(5);
      expect(await count(undefined, "2026-11-24T09:03:00Z")).toBe(3);
      expect(await count("2026-11-24T10:03:00+01:00", "2026-11-24T09:05:00Z")).toBe(2);
      expect(await count("2026-11-24T10:00:00Z")).toBe(0);
      expect(await count("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z")).toBe(0);
      const replay = await bench.replay(endpoint, {
        only,
        since: "2026-11-24T09:03:00Z",
        until: "2026-11-24T09:05:00Z",
      });
      expect(await bench.carryOn(replay, 1)).toMatchObject({ status: "completed", count: 2 });
      expect(await listStatuses(bench, endpoint)).toBe(
        "failed failed failed pending pending failed failed failed failed",
      );
    },
  );

  test("a clock that goes back doesn't hide what came after it", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents("sub_a");
    bench.passMs(-3_600_000);
    await bench.addEvents("sub_b");
    bench.passMs(7_200_000);
    await bench.addEvents("sub_c");
    await bench.finish(endpoint, "delivered", [1, 2, 3]);
    expect(await bench.preview(endpoint, { only: "all", since: "2026-11-24T09:00:00Z" })).toEqual({
      count: 3,
      isComplete: true,
    });
  });

  test("what comes after it was asked for is not its business", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents("sub_a", "sub_b", "sub_c");
    await bench.finish(endpoint, "delivered", [1, 2, 3]);
    const replay = await bench.replay(endpoint, { only: "all" });
    await bench.addEvents("sub_a", "sub_b");
    await bench.finish(endpoint, "delivered", [4, 5]);
    expect(await bench.carryOn(replay, 2)).toMatchObject({ count: 3, done: 3 });
    expect(await listStatuses(bench, endpoint)).toBe("pending pending pending delivered delivered");
  });

  test("steps of any size come to the same; between them it tells how far it is", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents(...numbers(1, 23).map((count) => `sub_${count % 4}`));
    for (const size of [1, 2, 5, 22, 23, 24]) {
      await bench.finish(endpoint, "failed", numbers(1, 23));
      const replay = await bench.replay(endpoint, { only: "failed" });
      const path = `/v1/webhook-endpoints/${endpoint}/replays/${replay.id}`;
      const seen: (readonly [string, number | null, number])[] = [];
      for (;;) {
        const outcome = await bench.step(replay, size);
        const { status, count, done } = await bench.world.api.ask<Schemas["WebhookReplay"]>(
          "GET",
          path,
        );
        seen.push([status, count, done]);
        if (outcome === "is over") break;
        expect(outcome).toBe("goes on");
      }
      expect(seen.at(-1)).toEqual(["completed", 23, 23]);
      const steps = seen.filter(([status]) => status !== "counting").map(([, , done]) => done);
      expect(steps).toEqual(steps.toSorted((one, other) => one - other));
      expect(steps.length).toBe(size >= 23 ? 1 : Math.ceil(23 / size) + 1);
      expect(await listStatuses(bench, endpoint)).toBe(Array(23).fill("pending").join(" "));
    }
  });

  test("what failed again behind its back is not put on its way twice", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents("sub_a", "sub_a", "sub_a", "sub_a");
    await bench.finish(endpoint, "failed", [1, 2, 3, 4]);
    const replay = await bench.replay(endpoint, { only: "failed" });
    for (let count = 0; count < 3; count++) await bench.step(replay, 2);
    await bench.step(replay, 2);
    await bench.finish(endpoint, "failed", [1, 2]);
    expect(await bench.carryOn(replay, 2)).toMatchObject({ status: "completed", done: 4 });
    expect(await listStatuses(bench, endpoint)).toBe("failed failed pending pending");
  });

  test("it rests while a thousand deliveries of the endpoint are pending, and goes on when they are not", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents(...numbers(1, 1_600).map((count) => `sub_${count % 50}`));
    await bench.finish(endpoint, "delivered", numbers(1, 1_600));
    const replay = await bench.replay(endpoint, { only: "all" });
    const resting = await bench.carryOn(replay, 400);
    expect(resting).toMatchObject({ status: "running", count: 1_600 });
    expect(resting.done).toBeGreaterThanOrEqual(1_000);
    expect(resting.done).toBeLessThan(1_400);
    await bench.finish(endpoint, "delivered", numbers(1, resting.done - 1_000));
    expect(await bench.step(replay)).toBe("rests");
    await bench.finish(endpoint, "delivered", [resting.done]);
    expect(await bench.step(replay, 100)).toBe("goes on");
    expect(await bench.step(replay, 100)).toBe("rests");
    await bench.finish(endpoint, "delivered", numbers(1, 1_600));
    expect(await bench.carryOn(replay)).toMatchObject({ status: "completed", done: 1_600 });
  });

  test("canceled between two steps it goes no further; what is on its way stays so, and another can begin", async () => {
    const bench = await openReplayBench(stores);
    const { api } = bench.world;
    const endpoint = await bench.addTarget();
    await bench.addEvents("sub_a", "sub_b", "sub_c");
    await bench.finish(endpoint, "failed", [1, 2, 3]);
    const replay = await bench.replay(endpoint, { only: "failed" });
    for (let count = 0; count < 4; count++) await bench.step(replay, 1);
    const path = `/v1/webhook-endpoints/${endpoint}/replays/${replay.id}`;
    expect(
      await api.call("POST", `/v1/webhook-endpoints/${endpoint}/replays`, { only: "failed" }),
    ).toMatchObject({ status: 409, body: { code: "webhook_replay_running" } });
    const canceled = await api.ask<Schemas["WebhookReplay"]>("POST", `${path}/cancel`);
    expect(canceled).toMatchObject({ status: "canceled", count: 3, done: 1 });
    expect(await bench.step(replay)).toBe("is over");
    expect(await api.ask("POST", `${path}/cancel`)).toEqual(canceled);
    expect(await listStatuses(bench, endpoint)).toBe("pending failed failed");
    expect(await api.ask("GET", `/v1/audit-log?subject=${replay.id}`)).toMatchObject({
      data: [
        { action: "cancelWebhookReplay", before: { status: "running" }, after: canceled },
        { action: "createWebhookReplay", before: null, after: replay },
      ],
    });
    const another = await bench.replay(endpoint, { only: "failed" });
    expect(await bench.carryOn(another)).toMatchObject({ count: 2, done: 2 });
    expect(await api.call("POST", `${path.replace(replay.id, another.id)}/cancel`)).toMatchObject({
      status: 409,
      body: { code: "webhook_replay_completed" },
    });
  });

  test("of many that are asked for at once an endpoint has one", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    const replies = await Promise.all(
      Array.from({ length: 10 }, () =>
        bench.world.api.call("POST", `/v1/webhook-endpoints/${endpoint}/replays`, { only: "all" }),
      ),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, ...Array(9).fill(409)]);
  });

  test("one that is asked for several endpoints at once is carried on by several processes at once, each place of it once", async () => {
    const bench = await openReplayBench(stores);
    const { services } = bench.world.gateway.gateway;
    await bench.addEvents(...numbers(1, 130).map((count) => `sub_${count % 7}`));
    const endpoints = [await bench.addTarget(), await bench.addTarget(), await bench.addTarget()];
    const replays = await Promise.all(
      endpoints.map((endpoint) => bench.replay(endpoint, { only: "all" })),
    );
    let queuedCount = 0;
    const running = Array.from({ length: 4 }, () =>
      runReplays(
        services,
        () => {
          queuedCount += 1;
        },
        { lookEveryMs: 5 },
      ),
    );
    for (const { id, endpoint } of replays)
      await until(async () => {
        const { status } = await bench.world.api.ask<Schemas["WebhookReplay"]>(
          "GET",
          `/v1/webhook-endpoints/${endpoint}/replays/${id}`,
        );
        return status === "completed";
      });
    await Promise.all(running.map((one) => one.stop()));
    expect(queuedCount).toBeGreaterThan(0);
    for (const [index, endpoint] of endpoints.entries()) {
      const deliveries = await bench.listDeliveries(endpoint);
      expect(deliveries.map((line) => Number(line.split(" ")[0]))).toEqual(numbers(1, 130));
      expect(new Set(deliveries.map((line) => line.split(" ")[2])).size).toBe(130);
      const path = `/v1/webhook-endpoints/${endpoint}/replays/${replays[index]?.id}`;
      expect(await bench.world.api.ask("GET", path)).toMatchObject({
        count: 130,
        done: 130,
        added: 130,
      });
    }
  });

  test("of a deleted endpoint it is called off", async () => {
    const bench = await openReplayBench(stores);
    const endpoint = await bench.addTarget();
    await bench.addEvents("sub_a");
    const replay = await bench.replay(endpoint, { only: "all" });
    await bench.world.api.ask("DELETE", `/v1/webhook-endpoints/${endpoint}`);
    expect(await bench.step(replay)).toBe("is over");
    const { status } = await bench.store.reader
      .selectFrom("webhook_replays")
      .select("status")
      .where("id", "=", replay.id)
      .executeTakeFirstOrThrow();
    expect(status).toBe("canceled");
  });

  test("30 days after its end it is forgotten; one that is not over is not", async () => {
    const bench = await openReplayBench(stores);
    const { services } = bench.world.gateway.gateway;
    const [over, open] = [await bench.addTarget(), await bench.addTarget()];
    await bench.carryOn(await bench.replay(over, { only: "failed" }));
    bench.passMs(30 * 86_400_000);
    const list = async (endpoint: string): Promise<number> =>
      (
        await bench.world.api.ask<Schemas["WebhookReplayList"]>(
          "GET",
          `/v1/webhook-endpoints/${endpoint}/replays`,
        )
      ).data.length;
    await runReplays(services, () => {}, { lookEveryMs: 1 }).stop();
    expect(await list(over)).toBe(1);
    bench.passMs(1);
    await bench.replay(open, { only: "failed" });
    const running = runReplays(services, () => {}, { lookEveryMs: 1 });
    await until(async () => (await list(over)) === 0);
    await running.stop();
    expect(await list(open)).toBe(1);
  });

  test("delivered by the gateway itself: the same bytes as the first time, each subscription's in order, and what is new in between", async () => {
    const bench = await openReplayBench(stores, { withBackground: true });
    const receiver = await startReceiver();
    const { id } = await bench.addEndpoint(receiver.url);
    await bench.addEvents(...numbers(1, 60).map((count) => `sub_${count % 6}`));
    await until(() => receiver.received.length === 60);
    await until(async () => !(await listStatuses(bench, id)).includes("pending"));
    const firstOf = new Map(receiver.received.map((request) => [request.id, request.body]));
    const replay = await bench.replay(id, { only: "all" });
    await until(() => receiver.received.length === 120);
    const again = receiver.received.slice(60);
    for (const request of again) expect(request.body).toBe(firstOf.get(request.id));
    const sequencesOf = Map.groupBy(
      again.map(({ body }) => JSON.parse(body) as { data: { id: string; sequence: number } }),
      ({ data }) => data.id,
    );
    for (const [subscription, events] of sequencesOf)
      expect([subscription, events.map(({ data }) => data.sequence)]).toEqual([
        subscription,
        numbers(1, 10),
      ]);
    const path = `/v1/webhook-endpoints/${id}/replays/${replay.id}`;
    expect(await bench.world.api.ask("GET", path)).toMatchObject({
      status: "completed",
      count: 60,
      done: 60,
      added: 0,
    });
  });
});
