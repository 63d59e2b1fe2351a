import { describe, expect, test } from "vitest";
import { makeWorld } from "../../../gateway/src/testing/api.ts";
import { testStores } from "../../../gateway/src/testing/open-test-stores.ts";
import { startTestGateway } from "../../../gateway/src/testing/start-test-gateway.ts";
import { Evergate, isEvergateProblem, type EvergateEvent } from "../index.ts";
import { answerJson, answerText, reset, startServer } from "../testing/start-server.ts";

function page(...ids: readonly string[]): object {
  return { data: ids.map((id) => ({ id, type: "customer.created", data: {} })), nextCursor: null };
}

const unavailable = answerText(502, "text/html", "<h1>Bad gateway</h1>");

async function take(events: AsyncIterable<EvergateEvent>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const { id } of events) {
    taken.push(id);
    if (taken.length === count) break;
  }
  return taken;
}

describe("following events", () => {
  test("goes on after the last one that was taken, through lost connections and a proxy's errors", async () => {
    const server = await startServer(
      answerJson(200, page("evt_1", "evt_2")),
      reset,
      unavailable,
      answerJson(200, page()),
      answerJson(200, page("evt_3")),
    );
    const evergate = new Evergate({ apiKey: "evg_test", baseUrl: server.baseUrl, maxRetries: 0 });
    const delays: number[] = [];
    const events = evergate.events.follow(
      { type: "customer.*" },
      { onInterrupted: (_error, retryInMs) => delays.push(retryInMs) },
    );
    expect(await take(events, 3)).toEqual(["evt_1", "evt_2", "evt_3"]);
    expect(delays).toEqual([1_000, 2_000]);
    const rest = "&after=evt_2";
    const first = "/v1/events?type=customer.*&wait=25&limit=200";
    expect(server.seen.map(({ url }) => decodeURIComponent(url))).toEqual([
      first,
      ...Array.from({ length: 4 }, () => `${first}${rest}`),
    ]);
  });

  test("throws what can't pass by itself", async () => {
    const server = await startServer(
      answerJson(401, { code: "unauthenticated", title: "", detail: "Revoked.", status: 401 }),
    );
    const evergate = new Evergate({ apiKey: "evg_test", baseUrl: server.baseUrl });
    const error: unknown = await take(evergate.events.follow(), 1).catch((error: unknown) => error);
    expect(isEvergateProblem(error) && error.code).toBe("unauthenticated");
    expect(server.seen).toHaveLength(1);
  });

  test("ends with its signal, also while it waits to try again", async () => {
    const server = await startServer(reset);
    const evergate = new Evergate({ apiKey: "evg_test", baseUrl: server.baseUrl, maxRetries: 0 });
    const ending = new AbortController();
    const reason = new Error("Enough.");
    const events = evergate.events.follow(
      {},
      { signal: ending.signal, onInterrupted: () => ending.abort(reason) },
    );
    await expect(take(events, 1)).rejects.toBe(reason);
  });

  test("a try may take as long as it asks the gateway to wait, and its own time besides", async () => {
    const server = await startServer((response) => {
      setTimeout(() => response.writeHead(200).end(JSON.stringify(page("evt_1"))), 800);
    });
    const evergate = new Evergate({
      apiKey: "evg_test",
      baseUrl: server.baseUrl,
      timeoutMs: 500,
      maxRetries: 0,
    });
    expect((await evergate.events.list({ wait: 1 })).data).toHaveLength(1);
    await expect(evergate.events.list({})).rejects.toThrow("500 ms");
  });
});

describe.each(testStores)("following events on $name", (stores) => {
  test("hears of each as it happens, from now on", async () => {
    const gateway = await startTestGateway(stores, { withBackground: true });
    const { partner } = await makeWorld(gateway);
    const evergate = new Evergate({
      apiKey: partner.apiKey.secret,
      baseUrl: gateway.baseUrl,
      fetch: gateway.fetch,
    });
    const { data } = await evergate.events.list({ order: "newest_first", limit: 1 });
    const names = ["One", "Two", "Three"];
    const taken: string[] = [];
    const following = (async () => {
      for await (const event of evergate.events.follow({ after: data[0]?.id })) {
        if (event.type === "customer.created") taken.push(event.data.name);
        if (taken.length === names.length) return;
      }
    })();
    for (const [index, name] of names.entries()) {
      await evergate.customers.create({ name });
      await expect.poll(() => taken.length, { timeout: 10_000 }).toBe(index + 1);
    }
    await following;
    expect(taken).toEqual(names);
  });
});
