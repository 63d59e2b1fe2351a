import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, afterAll, expect, onTestFinished, test } from "vitest";
import { createGateway } from "../create-gateway.ts";
import { createLog } from "../telemetry/create-log.ts";
import { logRequests } from "../telemetry/log-requests.ts";
import { testStores } from "../testing/open-test-stores.ts";
import {
  startTestGateway,
  testOperatorKey,
  testSecretKey,
  type TestGateway,
} from "../testing/start-test-gateway.ts";
import { listen, type Listener } from "./listen.ts";

// What stands here is about connections: one database is as good as the other.

let gateway: TestGateway;
let listener: Listener;
let lines: string[] = [];

beforeAll(async () => {
  const [stores] = testStores;
  if (stores === undefined) throw new Error("There are no test stores.");
  gateway = await startTestGateway(stores, { isShared: true });
  const log = createLog("debug", { write: (line) => void lines.push(line) });
  const { app } = createGateway({
    store: gateway.store,
    log,
    secretKey: testSecretKey,
    settings: { privateWebhooks: true },
  });
  listener = await listen(
    logRequests((request, env) => app.fetch(request, env), log),
    { host: "127.0.0.1", port: 0 },
  );
});

afterAll(async () => {
  await listener.stop(0);
  await gateway.close();
});

const posts = [
  "POST /v1/products HTTP/1.1",
  "Host: gateway.test",
  `Authorization: Bearer ${testOperatorKey}`,
  "Content-Type: application/json",
];

test("a client that hangs up amid a body is no failure of the gateway", async () => {
  lines = [];
  const socket = await open();
  socket.write(`${posts.join("\r\n")}\r\nContent-Length: 500\r\n\r\n{"name":"Endp`);
  await delay(100);
  socket.resetAndDestroy();
  await expect.poll(() => lines.join("")).toContain('"msg":"request"');
  expect(lines.join("")).not.toContain('"level":"error"');
  expect(lines.join("")).toMatch(/"level":"debug".*"msg":"client gone"/);
  expect(lines.join("")).toContain('"status":400');
});

test.each(["chunked", "of known length"])(
  "413 content_too_large leaves the connection usable after a body that is %s",
  async (kind) => {
    const socket = await open();
    const read = collect(socket);
    const piece = "x".repeat(65_536);
    const head = kind === "chunked" ? "Transfer-Encoding: chunked" : "Content-Length: 2097152";
    socket.write(`${posts.join("\r\n")}\r\n${head}\r\n\r\n`);
    for (let i = 0; i < 32; i += 1)
      socket.write(kind === "chunked" ? `10000\r\n${piece}\r\n` : piece);
    if (kind === "chunked") socket.write("0\r\n\r\n");
    await expect.poll(read).toContain('"code":"content_too_large"');
    socket.write("GET /healthz HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n\r\n");
    await once(socket, "close");
    expect(read()).toMatch(/^HTTP\/1\.1 413 [^]*HTTP\/1\.1 200 /);
  },
);

test("413 content_too_large ends an upload without end", async () => {
  const socket = await open();
  const read = collect(socket);
  socket.write(`${posts.join("\r\n")}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const piece = `10000\r\n${"x".repeat(65_536)}\r\n`;
  const writing = setInterval(() => socket.writable && socket.write(piece), 1);
  onTestFinished(() => clearInterval(writing));
  await once(socket, "close");
  expect(read()).toMatch(/^HTTP\/1\.1 413 /);
});

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(listener.url).port), "127.0.0.1");
  // The gateway may end it while we still write.
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

function collect(socket: Socket): () => string {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}
