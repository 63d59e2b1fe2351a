import pino from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { createGateway } from "../create-gateway.ts";
import type { components } from "../generated/api.ts";
import { listen } from "../server/listen.ts";
import { apiOf, makeWorld, type Api } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import {
  startTestGateway,
  testNow,
  testSecretKey,
  type TestGateway,
} from "../testing/start-test-gateway.ts";
import { toPartnerId } from "../ids.ts";
import { placeNewEvents } from "./place-events.ts";

type EventList = components["schemas"]["EventList"];

async function readNewest(api: Api): Promise<string> {
  const { data } = await api.ask<EventList>("GET", "/v1/events?order=newest_first&limit=1");
  return data[0]?.id ?? "";
}

async function measure<T>(work: Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const from = performance.now();
  return { result: await work, ms: performance.now() - from };
}

/** Nothing tells from outside that a request waits; one tick of the database's own work is enough for it to begin to. */
const begin = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

async function listenOn(gateway: TestGateway) {
  const listener = await listen((request, env) => gateway.gateway.app.fetch(request, env), {
    host: "127.0.0.1",
    port: 0,
  });
  onTestFinished(async () => void (await listener.stop(0)));
  return listener;
}

describe.each(testStores)("waiting for events on $name", (stores) => {
  test("answers an event as soon as it happens", async () => {
    const { api } = await makeWorld(await startTestGateway(stores, { withBackground: true }));
    const after = await readNewest(api);
    const waiting = measure(api.ask<EventList>("GET", `/v1/events?wait=30&after=${after}`));
    await begin();
    await api.ask("POST", "/v1/customers", { name: "Hotel Carpathia" });
    const { result, ms } = await waiting;
    expect(result.data.map(({ type }) => type)).toEqual(["customer.created"]);
    expect(ms).toBeLessThan(5_000);
  });

  test("finds what another process has given its place", async () => {
    const gateway = await startTestGateway(stores);
    const { api, partner } = await makeWorld(gateway);
    const after = await readNewest(api);
    const waiting = measure(api.ask<EventList>("GET", `/v1/events?wait=30&after=${after}`));
    // Its first look answers nothing new, and is behind it.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const elsewhere = createGateway({
      store: gateway.store,
      log: pino({ level: "silent" }),
      secretKey: testSecretKey,
      settings: { privateWebhooks: true },
      now: () => testNow,
    });
    const there = { ...gateway, fetch: async (request: Request) => elsewhere.app.fetch(request) };
    await apiOf(there, partner.apiKey.secret).ask("POST", "/v1/customers", { name: "Elsewhere" });
    await placeNewEvents(gateway.store, toPartnerId(partner.id), () => testNow);
    const { result, ms } = await waiting;
    expect(result.data.map(({ type }) => type)).toEqual(["customer.created"]);
    expect(ms).toBeLessThan(6_000);
  });

  test("answers an empty page when the time is over", async () => {
    const { api } = await makeWorld(await startTestGateway(stores));
    const after = await readNewest(api);
    const { result, ms } = await measure(
      api.ask<EventList>("GET", `/v1/events?wait=1&after=${after}&type=bill.issued`),
    );
    expect(result).toEqual({ data: [], nextCursor: null });
    expect(ms).toBeGreaterThanOrEqual(950);
  });

  test("goes on waiting through events of other types", async () => {
    const { api } = await makeWorld(await startTestGateway(stores, { withBackground: true }));
    const after = await readNewest(api);
    const waiting = api.ask<EventList>(
      "GET",
      `/v1/events?wait=30&after=${after}&type=customer.updated`,
    );
    await begin();
    const { id } = await api.ask<{ id: string }>("POST", "/v1/customers", { name: "Hotel" });
    await begin();
    await api.ask("PATCH", `/v1/customers/${id}`, { name: "Hotel Carpathia" });
    expect((await waiting).data.map(({ type }) => type)).toEqual(["customer.updated"]);
  });

  test("whoever leaves makes room for others, and a process that stops keeps nobody waiting", async () => {
    const gateway = await startTestGateway(stores);
    const { api, partner } = await makeWorld(gateway);
    const after = await readNewest(api);
    const listener = await listenOn(gateway);
    const ask = (signal?: AbortSignal): Promise<Response> =>
      fetch(`${listener.url}/v1/events?wait=30&after=${after}`, {
        headers: { authorization: `Bearer ${partner.apiKey.secret}` },
        ...(signal === undefined ? {} : { signal }),
      });
    const leaving = new AbortController();
    const nine = Array.from({ length: 9 }, () => ask(leaving.signal));
    // As soon as one is refused, the others wait.
    expect((await Promise.race(nine)).status).toBe(429);
    leaving.abort();
    await Promise.allSettled(nine);

    // The server hears a little later that they have gone.
    const askUntilLetIn = async (): Promise<Response> => {
      for (;;) {
        const response = await ask();
        if (response.status !== 429) return response;
      }
    };
    const waiting = measure(askUntilLetIn());
    await begin();
    gateway.gateway.endWaits();
    const { result, ms } = await waiting;
    expect([result.status, await result.json()]).toEqual([200, { data: [], nextCursor: null }]);
    expect(ms).toBeLessThan(5_000);
    expect(await listener.stop(20_000)).toBe(0);
  });

  test("a key that is revoked meanwhile learns nothing more", async () => {
    const { api, operator, partner } = await makeWorld(
      await startTestGateway(stores, { withBackground: true }),
    );
    const after = await readNewest(api);
    const waiting = api.call("GET", `/v1/events?wait=30&after=${after}`);
    await begin();
    await operator.ask("DELETE", `/v1/api-keys/${partner.apiKey.id}`);
    await operator.ask(
      "POST",
      "/v1/customers",
      { name: "Hotel Carpathia" },
      { headers: { "evergate-partner": partner.id } },
    );
    expect(await waiting).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
  });

  test("the newest first is the same order from its other end", async () => {
    const { api, subscribe } = await makeWorld(await startTestGateway(stores));
    await subscribe();
    await subscribe();
    const { data: all } = await api.ask<EventList>("GET", "/v1/events?limit=200");
    const backwards: string[] = [];
    for (let after = ""; ;) {
      const page = await api.ask<EventList>(
        "GET",
        `/v1/events?order=newest_first&limit=3${after === "" ? "" : `&after=${after}`}`,
      );
      backwards.push(...page.data.map(({ id }) => id));
      if (page.nextCursor === null) break;
      after = page.nextCursor;
    }
    expect(backwards.toReversed()).toEqual(all.map(({ id }) => id));
    expect(await api.call("GET", "/v1/events?order=newest_first&wait=1")).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: "/query/wait" }] },
    });
  });
});
