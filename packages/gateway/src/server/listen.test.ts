import { Agent, request as sendRequest } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { listen, type Fetch, type Listener } from "./listen.ts";

test("idle connections that clients keep open don't hold it", async () => {
  const listener = await start(() => new Response("ok"));
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const answer = await ask(listener.url, agent);
  expect(answer).toEqual({ status: 200, connection: "keep-alive" });
  const startedAt = performance.now();
  expect(await listener.stop(10_000)).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test("a connection on which nothing was ever asked doesn't hold it", async () => {
  const listener = await start(() => new Response("ok"));
  const socket = connect(Number(new URL(listener.url).port), "127.0.0.1");
  await once(socket, "connect");
  await ask(listener.url);
  const closed = once(socket, "close");
  expect(await listener.stop(10_000)).toBe(0);
  await closed;
});

test("a request in flight is answered, with word that the connection ends", async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const arrived = Promise.withResolvers<void>();
  const listener = await start(async () => {
    arrived.resolve();
    await held;
    return new Response("ok");
  });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const answer = ask(listener.url, agent);
  await arrived.promise;
  const stopped = listener.stop(10_000);
  await expect(ask(listener.url)).rejects.toThrow(/ECONNREFUSED/);
  release();
  expect(await answer).toEqual({ status: 200, connection: "close" });
  expect(await stopped).toBe(0);
});

test("a request that outlasts the grace is cut and counted", async () => {
  const arrived = Promise.withResolvers<void>();
  const listener = await start(() => {
    arrived.resolve();
    return new Promise<Response>(() => {});
  });
  const failure = ask(listener.url).catch((error: unknown) => error);
  await arrived.promise;
  expect(await listener.stop(50)).toBe(1);
  expect(String(await failure)).toMatch(/socket hang up|ECONNRESET/);
});

test("an app that throws costs an answer, not the process", async () => {
  const listener = await start(() => {
    throw new Error("of the tests");
  });
  const answer = await fetch(listener.url);
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ code: "internal_error" });
});

test.skipIf(!hasIpv6())("gives an IPv6 address as a URL that can be typed", async () => {
  const listener = await start(() => new Response("ok"), "::1");
  expect(listener.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await fetch(listener.url)).status).toBe(200);
});

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === "::1"),
  );
}

async function start(answer: Fetch, host = "127.0.0.1"): Promise<Listener> {
  const listener = await listen(answer, { host, port: 0 });
  onTestFinished(async () => void (await listener.stop(0).catch(() => 0)));
  return listener;
}

function ask(
  url: string,
  agent?: Agent,
): Promise<{ status: number | undefined; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    const request = sendRequest(url, agent === undefined ? {} : { agent }, (answer) => {
      answer.resume();
      answer.once("end", () =>
        resolve({ status: answer.statusCode, connection: answer.headers.connection }),
      );
    });
    request.once("error", reject);
    request.end();
  });
}
