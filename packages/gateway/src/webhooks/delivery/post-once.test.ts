import { createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createAgent } from "../network/create-agent.ts";
import { postOnce, type Answer } from "./post-once.ts";

const bodyBytes = 4_096;

/** Answers each request on a connection with the next of the texts, as they are; says how many connections there were. */
async function startRawServer(...answers: readonly string[]) {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", () => socket.write(answers[Math.min(connections, answers.length) - 1] ?? ""));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const agent = createAgent({ allowed: true, connectTimeoutMs: 1_000 });
  onTestFinished(async () => {
    await agent.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    countConnections: () => connections,
    post: (): Promise<Answer> =>
      postOnce(
        agent,
        { origin: `http://127.0.0.1:${port}`, path: "/", headers: {}, body: "{}" },
        { timeoutMs: 600, bodyMs: 100, bodyBytes },
      ),
  };
}

const early = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
const taken = "HTTP/1.1 204 No Content\r\n\r\n";
const withBody = (size: number): string =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n${"x".repeat(size)}`;

test("what comes before the answer is none, however much of it comes", async () => {
  const server = await startRawServer(`${early}${early}${taken}`);
  await expect(server.post()).resolves.toMatchObject({ status: 204 });
});

test("where nothing but that comes, the time is up as ever", async () => {
  const server = await startRawServer(early);
  await expect(server.post()).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a connection that is to speak another protocol from then on has answered nothing", async () => {
  const server = await startRawServer(
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
  );
  await expect(server.post()).rejects.toThrow("bad upgrade");
});

test("a body of the greatest length is read to its end, and its connection is used again", async () => {
  const server = await startRawServer(withBody(bodyBytes));
  const first = await server.post();
  // undici has a connection back in a turn of the event loop that comes after the answer's.
  await sleep(20);
  const answers = [first, await server.post()];
  expect(answers.map(({ beginning }) => beginning.length)).toEqual([bodyBytes, bodyBytes]);
  expect(server.countConnections()).toBe(1);
});

test("of a longer one the beginning is kept, and the connection ends", async () => {
  const server = await startRawServer(withBody(1_000_000));
  const answers = [await server.post(), await server.post()];
  for (const { status, beginning } of answers) {
    expect(status).toBe(200);
    expect(beginning.length).toBeGreaterThan(bodyBytes);
    expect(beginning.length).toBeLessThan(200_000);
  }
  expect(server.countConnections()).toBe(2);
});

test("a body that never ends, or breaks off, takes nothing from the status", async () => {
  const server = await startRawServer(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n",
    "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\nno length\r\n",
  );
  await expect(server.post()).resolves.toMatchObject({ status: 200, beginning: Buffer.from("ok") });
  await expect(server.post()).resolves.toMatchObject({ status: 201 });
});
