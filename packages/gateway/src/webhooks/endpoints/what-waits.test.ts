import type { ServerResponse } from "node:http";
import { formatInstant, toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { makeId } from "../../ids.ts";
import { answerChallenges } from "../../testing/answer-challenges.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { testNow } from "../../testing/start-test-gateway.ts";
import { startReceiver, type Receiver } from "../../testing/start-receiver.ts";

type Schemas = components["schemas"];
type Delivery = Schemas["WebhookDelivery"];

const hour = 3_600_000;
const [a, b, c] = [makeId("sub"), makeId("sub"), makeId("sub")];

async function listDeliveries(
  bench: DeliveryBench,
  { id }: Pick<Schemas["WebhookEndpoint"], "id">,
  query = "",
): Promise<readonly Delivery[]> {
  const path = `/v1/webhook-endpoints/${id}/deliveries${query}`;
  return (await bench.world.api.ask<Schemas["WebhookDeliveryList"]>("GET", path)).data;
}

async function getHealth(
  bench: DeliveryBench,
  { id }: Pick<Schemas["WebhookEndpoint"], "id">,
): Promise<Schemas["WebhookHealth"]> {
  const path = `/v1/webhook-endpoints/${id}`;
  return (await bench.world.api.ask<Schemas["WebhookEndpoint"]>("GET", path)).health;
}

/** Refuses an event, without being in trouble for it, until told otherwise. */
function refuse(receiver: Receiver, ...events: readonly string[]): void {
  receiver.answer((response, { id }) => response.writeHead(events.includes(id) ? 400 : 204).end());
}

async function areAllTaken(
  bench: DeliveryBench,
  endpoint: Pick<Schemas["WebhookEndpoint"], "id">,
): Promise<boolean> {
  return (await listDeliveries(bench, endpoint)).every(({ status }) => status === "delivered");
}

const waiting = { status: "pending", finishedAt: null } as const;
const nothing = { waitsFor: null, behind: null, nextAttemptAt: null } as const;

describe.each(testStores)("what waits at an endpoint on $name", (stores) => {
  test("for its next attempt, or behind an event of its subscription that failed", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    const [first = "", second, third] = await bench.addEvents(a, a, b);
    const [last] = await bench.addEvents(a);
    refuse(receiver, first);
    bench.startWorker();
    await until(async () => (await listDeliveries(bench, endpoint))[0]?.attempts === 1);
    await until(async () => (await listDeliveries(bench, endpoint))[2]?.status === "delivered");
    const ofA = { eventType: "subscription.renewed", subscription: a, ...waiting };
    const [attempt] = await bench.listAttempts(endpoint.id);
    expect(await listDeliveries(bench, endpoint)).toMatchObject([
      {
        sequence: 1,
        event: first,
        attempts: 1,
        ...ofA,
        waitsFor: "retry",
        behind: null,
        nextAttemptAt: attempt?.nextAttemptAt,
      },
      {
        sequence: 2,
        event: second,
        attempts: 0,
        ...ofA,
        waitsFor: "earlier_event",
        behind: first,
        nextAttemptAt: null,
      },
      {
        sequence: 3,
        event: third,
        attempts: 1,
        subscription: b,
        status: "delivered",
        finishedAt: "2026-11-24T09:00:00Z",
        ...nothing,
      },
      {
        sequence: 4,
        event: last,
        attempts: 0,
        ...ofA,
        waitsFor: "earlier_event",
        behind: first,
        nextAttemptAt: null,
      },
    ]);
    refuse(receiver);
    bench.passMs(hour);
    await until(() => areAllTaken(bench, endpoint));
    expect((await listDeliveries(bench, endpoint))[0]).toMatchObject({ attempts: 2, ...nothing });
  });

  test("for nothing any more, where it was given up; the next of its subscription has gone out", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    const [first = ""] = await bench.addEvents(a, a);
    refuse(receiver, first);
    bench.startWorker({ retryDelaysMs: [] });
    await until(async () => (await listDeliveries(bench, endpoint))[1]?.status === "delivered");
    expect(await listDeliveries(bench, endpoint, "?status=failed")).toMatchObject([
      { event: first, attempts: 1, finishedAt: "2026-11-24T09:00:00Z", ...nothing },
    ]);
  });

  test("for its turn, while it is under way and while there is no room", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const held: ServerResponse[] = [];
    receiver.answer((response) => held.push(response));
    const endpoint = await bench.addEndpoint(receiver.url, { concurrency: 1 });
    await bench.addEvents(a, b);
    bench.startWorker();
    await until(() => receiver.received.length === 1);
    const turn = { ...waiting, ...nothing, attempts: 0, waitsFor: "turn" };
    expect(await listDeliveries(bench, endpoint)).toMatchObject([turn, turn]);
    refuse(receiver);
    for (const response of held) response.writeHead(204).end();
    await until(() => areAllTaken(bench, endpoint));
  });

  test("for the end of a rest that the endpoint asked for", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(503, { "retry-after": "3600" }).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents(a);
    bench.startWorker();
    await until(async () => (await getHealth(bench, endpoint)).restsUntil !== null);
    await bench.addEvents(b, a);
    const rest = {
      ...waiting,
      waitsFor: "rest",
      behind: null,
      nextAttemptAt: (await getHealth(bench, endpoint)).restsUntil,
    };
    const [first, ...others] = await listDeliveries(bench, endpoint);
    expect([first, ...others]).toMatchObject([
      { ...rest, attempts: 1 },
      { ...rest, attempts: 0 },
      { waitsFor: "earlier_event", behind: first?.event },
    ]);
    refuse(receiver);
    bench.passMs(hour - 1);
    expect(receiver.received).toHaveLength(1);
    bench.passMs(1);
    await until(() => areAllTaken(bench, endpoint));
  });

  test("for its next attempt, where that comes after the rest", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(503).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents(a);
    bench.startWorker();
    await until(async () => (await getHealth(bench, endpoint)).restsUntil !== null);
    await bench.addEvents(b);
    expect(await listDeliveries(bench, endpoint)).toMatchObject([
      { waitsFor: "retry", nextAttemptAt: "2026-11-24T09:00:06Z" },
      { waitsFor: "rest", nextAttemptAt: "2026-11-24T09:00:01Z" },
    ]);
  });

  test("for the next probe, where the endpoint was disabled for failing", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(500).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents(...Array.from({ length: 20 }, () => makeId("sub")));
    bench.startWorker();
    // Each step is longer than any retry waits, and is over once a failure of its time is known.
    await until(async () => (await getHealth(bench, endpoint)).lastFailureAt !== null);
    for (let step = 1; step <= 8; step += 1) {
      if ((await getHealth(bench, endpoint)).status === "disabled") break;
      bench.passMs(30 * hour);
      const at = formatInstant(toInstant(testNow + step * 30 * hour));
      await until(async () => (await getHealth(bench, endpoint)).lastFailureAt === at);
    }
    await until(async () => (await getHealth(bench, endpoint)).status === "disabled");
    const { restsUntil } = await getHealth(bench, endpoint);
    expect(restsUntil).not.toBeNull();
    const [delivery] = await listDeliveries(bench, endpoint, "?status=pending&limit=1");
    expect(delivery).toMatchObject({ waitsFor: "rest", nextAttemptAt: restsUntil });
  });

  test("for the proof of the secret, and before that for the endpoint to be switched on", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { challenge: true });
    answerChallenges(receiver, endpoint.secret);
    await bench.addEvents(a, a);
    bench.startWorker();
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    const proof = { ...waiting, ...nothing, waitsFor: "proof" };
    expect(await listDeliveries(bench, endpoint)).toMatchObject([proof, proof]);
    await bench.world.api.ask("PATCH", path, { enabled: false });
    const off = { ...proof, waitsFor: "switched_on" };
    expect(await listDeliveries(bench, endpoint)).toMatchObject([off, off]);
    await bench.world.api.ask("PATCH", path, { enabled: true });
    expect(await listDeliveries(bench, endpoint)).toMatchObject([proof, proof]);
    await bench.world.api.ask("POST", `${path}/verify`);
    await until(() => areAllTaken(bench, endpoint));
  });

  test("for the endpoint to be switched on, after it said that it is gone", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(410).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents(a);
    bench.startWorker();
    await until(async () => (await getHealth(bench, endpoint)).reason === "gone");
    await until(async () =>
      (await listDeliveries(bench, endpoint)).every(({ waitsFor }) => waitsFor === "switched_on"),
    );
  });

  test("with one order for everything, behind what is next of all", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { ordering: "fifo" });
    const [one = "", two = "", three] = await bench.addEvents(a, b, c);
    refuse(receiver, two);
    const events = (): readonly string[] => receiver.received.map(({ id }) => id);
    const turn = { waitsFor: "turn", behind: null };
    const behind = (event: string) => ({ waitsFor: "earlier_event", behind: event });
    expect(await listDeliveries(bench, endpoint)).toMatchObject([turn, behind(one), behind(one)]);
    bench.startWorker();
    await until(async () => (await listDeliveries(bench, endpoint))[1]?.attempts === 1);
    // What is delivered once more waits as well, though its number is lower: so it is listed, and so it goes out.
    const { api } = bench.world;
    await api.ask("POST", `/v1/events/${one}/redeliver`, { endpoint: endpoint.id });
    expect(await listDeliveries(bench, endpoint)).toMatchObject([
      { attempts: 0, ...behind(two) },
      { attempts: 1, waitsFor: "retry", behind: null },
      { attempts: 0, ...behind(two) },
    ]);
    refuse(receiver);
    bench.passMs(hour);
    await until(() => areAllTaken(bench, endpoint));
    expect(events()).toEqual([one, two, two, one, three]);
  });
});
