import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { onTestFinished, describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { makeWorld } from "../../testing/api.ts";
import { hostileUrls } from "../../testing/hostile-urls.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import { startTestGateway } from "../../testing/start-test-gateway.ts";
import { attemptLimits } from "../delivery/attempt-limits.ts";
import { readTarget, sendDelivery } from "../delivery/send-delivery.ts";
import { createAgent } from "./create-agent.ts";

type Schemas = components["schemas"];

/** Every address that this process tries to connect to while a test runs, whoever does. */
function watchConnections(): readonly string[] {
  const tried: string[] = [];
  const watch = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    socket.on("connectionAttempt", (ip: string) => tried.push(ip));
  };
  const sockets = channel("net.client.socket");
  sockets.subscribe(watch);
  onTestFinished(() => {
    sockets.unsubscribe(watch);
  });
  return tried;
}

test("there are as many as were asked for, and none twice", () => {
  expect(new Set(hostileUrls.map(({ url }) => url)).size).toBe(hostileUrls.length);
  expect(hostileUrls.length).toBeGreaterThanOrEqual(60);
});

describe.each(testStores)("hostile URLs through the API on $name", (stores) => {
  test("none is taken, neither for a new endpoint nor for one that is there", async () => {
    const world = await makeWorld(await startTestGateway(stores, { privateWebhooks: false }));
    const { api } = world;
    const input = { url: "https://hooks.example.com/evergate", eventTypes: ["*"] };
    const { id } = await api.ask<Schemas["WebhookEndpoint"]>(
      "POST",
      "/v1/webhook-endpoints",
      input,
    );
    for (const { url, why } of hostileUrls) {
      for (const reply of [
        await api.call("POST", "/v1/webhook-endpoints", { ...input, url }),
        await api.call("PATCH", `/v1/webhook-endpoints/${id}`, { url }),
      ])
        expect([400, 422], `${url} (${why})`).toContain(reply.status);
    }
    const { data } = await api.ask<Schemas["WebhookEndpointList"]>("GET", "/v1/webhook-endpoints");
    expect(data).toMatchObject([{ id, url: input.url }]);
  });
});

describe("hostile URLs through the agent", () => {
  const resolveName = async (name: string): Promise<readonly string[]> => {
    const found = hostileUrls.find(
      (hostile) => hostile.kind === "name" && URL.parse(hostile.url)?.hostname === name,
    );
    return found?.kind === "name" ? [found.leadsTo] : ["93.184.215.14"];
  };

  test.each(hostileUrls)("nothing is sent to $url ($why)", async ({ url }) => {
    const tried = watchConnections();
    const agent = createAgent({ allowed: false, connectTimeoutMs: 2_000, resolveName });
    onTestFinished(() => agent.destroy());
    // An endpoint that was made while the operator allowed more is judged anew at each attempt.
    expect(
      await sendDelivery(
        agent,
        {
          target: readTarget(url, false),
          event: "evt_1",
          payload: "{}",
          secrets: [`whsec_${"A".repeat(43)}=`],
          keys: [],
          headers: {},
        },
        0,
        attemptLimits,
      ),
    ).toMatchObject({
      status: null,
      excerpt: null,
      error: expect.stringMatching(/othing was sent/),
    });
    expect(tried).toEqual([]);
  });

  test.each(hostileUrls.filter(({ kind }) => kind !== "form"))(
    "the agent by itself connects not to $url ($why)",
    async ({ url }) => {
      const tried = watchConnections();
      const agent = createAgent({ allowed: false, connectTimeoutMs: 2_000, resolveName });
      onTestFinished(() => agent.destroy());
      const { origin, host } = new URL(url);
      for (const target of [origin, `http://${host}`])
        await expect(
          agent.request({ origin: target, path: "/", method: "POST" }),
        ).rejects.toMatchObject({
          name: "AddressRefusedError",
          message: "The host's address is not a public one; nothing was sent.",
        });
      expect(tried).toEqual([]);
    },
  );

  // A name is not resolved when an endpoint is made, so there such a URL is taken.
  test.each([[["93.184.215.14"]], [["10.0.0.1", "93.184.215.14"]]])(
    "nothing is sent over http to a name that leads to %j, where private addresses are allowed",
    async (addresses) => {
      const tried = watchConnections();
      const url = "http://hooks.example.com/evergate";
      const target = readTarget(url, true);
      expect(target).toEqual({ origin: "http://hooks.example.com", path: "/evergate" });
      const agent = createAgent({
        allowed: true,
        connectTimeoutMs: 2_000,
        resolveName: async () => addresses,
      });
      onTestFinished(() => agent.destroy());
      expect(
        await sendDelivery(
          agent,
          {
            target,
            event: "evt_1",
            payload: "{}",
            secrets: [`whsec_${"A".repeat(43)}=`],
            keys: [],
            headers: {},
          },
          0,
          attemptLimits,
        ),
      ).toMatchObject({
        status: null,
        isUnreachable: false,
        address: null,
        error: "Deliveries to public addresses have to go by https; nothing was sent.",
      });
      expect(tried).toEqual([]);
    },
  );

  test("a connection that is made is seen", async () => {
    const tried = watchConnections();
    const receiver = await startReceiver();
    const agent = createAgent({ allowed: true, connectTimeoutMs: 2_000 });
    onTestFinished(() => agent.destroy());
    await agent.request({ origin: new URL(receiver.url).origin, path: "/", method: "POST" });
    expect(tried).toContain("127.0.0.1");
  });
});
