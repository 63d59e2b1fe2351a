import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

// Receives what the gateway and its yardstick send, and does the same for both: reads the body, notes when which id came
// first, and answers. `/ok/…` is answered at once, `/fail/…` with 500, `/hang/…` never.

/** When each id came first to each path, in milliseconds of the machine's monotonic clock, which processes share. */
const arrivals = new Map<string, number>();
/** How often something came that had come before. */
let repeated = 0;
let waiting: { readonly count: number; readonly response: ServerResponse } | null = null;

function receive(request: IncomingMessage, response: ServerResponse): void {
  const atMs = Number(process.hrtime.bigint()) / 1e6;
  const path = request.url ?? "";
  const key = `${path} ${String(request.headers["webhook-id"])}`;
  if (path.startsWith("/ok/")) {
    if (arrivals.has(key)) repeated += 1;
    else arrivals.set(key, atMs);
  }
  request.resume();
  request.once("end", () => {
    if (path.startsWith("/ok/")) response.writeHead(204).end();
    else if (path.startsWith("/fail/")) response.writeHead(500).end();
    if (waiting !== null && arrivals.size >= waiting.count) {
      waiting.response.end();
      waiting = null;
    }
  });
}

function answerBench(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "", "http://receiver");
  if (url.pathname === "/arrivals") {
    response.end(JSON.stringify({ repeated, arrivals: [...arrivals] }));
  } else if (url.pathname === "/forget") {
    arrivals.clear();
    repeated = 0;
    response.end();
  } else if (url.pathname === "/wait") {
    const count = Number(url.searchParams.get("count"));
    if (arrivals.size >= count) response.end();
    else waiting = { count, response };
  } else response.end("ok");
}

const server = createServer((request, response) =>
  (request.method === "POST" ? receive : answerBench)(request, response),
);
// Longer than anything here pauses: no connection ends while somebody is about to use it.
server.keepAliveTimeout = 120_000;
server.listen(Number(process.env["RECEIVER_PORT"]), "127.0.0.1");
