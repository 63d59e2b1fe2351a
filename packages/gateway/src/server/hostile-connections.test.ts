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
import type { Problem } from "../app/problem.ts";
import { makeId } from "../ids.ts";
import { toUnreadProblem } from "./refuse-unread.ts";
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
    log,
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

const get = "GET /healthz HTTP/1.1\r\nHost: gateway.test\r\n";
const post = posts.join("\r\n");

test.each([
  ["garbage", "what\r\n\r\n", 400],
  ["no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
  ["a Host that is none", "GET /healthz HTTP/1.1\r\nHost: a b<>\r\n\r\n", 400],
  ["a target that is no URL", "GET https://evil.example:99999/ HTTP/1.1\r\nHost: x\r\n\r\n", 400],
  ["two lengths", `${post}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
  [
    "a length and chunks",
    `${post}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
  ],
  ["an unknown transfer encoding", `${post}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 400],
  ["chunks that are none", `${post}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
  ["headers that are too large", `${get}X: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ["an unknown expectation", `${get}Expect: tea\r\n\r\n`, 417],
])("%s is refused with a problem, and the connection ends", async (_what, request, status) => {
  lines = [];
  const socket = await open();
  const read = collect(socket);
  socket.write(request);
  await once(socket, "close");
  const problem = readProblem(read());
  expect(problem).toMatchObject({ status, code: "malformed_request" });
  expect(lines.join("")).toContain(problem.requestId);
  expect(lines.join("")).not.toContain('"level":"error"');
});

test("a request that is too slow is refused with a problem", async () => {
  expect(
    toUnreadProblem(
      Object.assign(new Error("Request timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" }),
      makeId("req"),
    ),
  ).toMatchObject({ status: 408, code: "malformed_request" });
});

test("garbage after a request does not become that request's answer", async () => {
  const socket = await open();
  const read = collect(socket);
  socket.write(`${post}\r\nContent-Length: 2\r\n\r\n{}garbage\r\n\r\n`);
  await once(socket, "close");
  const answers = read().split(/(?=HTTP\/1\.1 )/);
  expect(answers).toHaveLength(2);
  expect(readProblem(answers[0] ?? "").errors).not.toBeUndefined();
  expect(readProblem(answers[1] ?? "").detail).toMatch(/^The request can't be read/);
});

/** The only answer in a text: a whole problem by HTTP and by the contract. */
function readProblem(text: string): Problem {
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const problem = JSON.parse(body) as Problem;
  expect(head).toMatch(/^content-type: application\/problem\+json$/im);
  expect(head).toMatch(new RegExp(`^content-length: ${Buffer.byteLength(body)}$`, "im"));
  expect(head).toMatch(new RegExp(`^request-id: ${problem.requestId}$`, "im"));
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${problem.status} `));
  return problem;
}

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
