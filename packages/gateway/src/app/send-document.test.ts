import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { Hono } from "hono";
import pino from "pino";
import { expect, onTestFinished, test } from "vitest";
import type { Document } from "../contract/operation.ts";
import { listen } from "../server/listen.ts";
import { toDocumentResponse } from "./send-document.ts";

/** A listener that answers one document, and what it logs. */
async function serve(
  chunks: () => AsyncIterable<string | Uint8Array>,
  filename = "a.csv",
  patience: Pick<Document, "patienceMs"> = {},
) {
  const lines: { readonly msg: string; readonly err: { readonly message: string } }[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const app = new Hono();
  app.get("/", async (c) => {
    const document: Document = { mediaType: "text/csv", filename, chunks: chunks(), ...patience };
    return toDocumentResponse(document, "req_1", c.req.raw, { log });
  });
  const listener = await listen((request, env) => app.fetch(request, env), {
    host: "127.0.0.1",
    port: 0,
  });
  onTestFinished(async () => void (await listener.stop(0)));
  return { url: listener.url, lines };
}

test("a document comes in pieces, texts as UTF-8, bytes as they are", async () => {
  const { url } = await serve(async function* () {
    yield "Größe\r\n";
    yield new Uint8Array([0x61, 0x62]);
  });
  const response = await fetch(url);
  expect(await response.text()).toBe("Größe\r\nab");
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "text/csv; charset=utf-8; header=present",
    "content-disposition": "attachment; filename=a.csv",
    "x-content-type-options": "nosniff",
    "request-id": "req_1",
    vary: "accept",
  });
});

test.each([
  ["bill-2026-000001.csv", "attachment; filename=bill-2026-000001.csv"],
  ["účet.csv", `attachment; filename="??et.csv"; filename*=utf-8''%C3%BA%C4%8Det.csv`],
  ["../../etc/passwd", "attachment; filename=etc-passwd"],
  ['a"b\r\nSet-Cookie: x=1.csv', 'attachment; filename="a-b-Set-Cookie-x=1.csv"'],
  ["\u202Efdp.exe", "attachment; filename=fdp.exe"],
  ["..", "attachment; filename=document"],
  ["\uD800.csv", "attachment; filename=csv"],
])("the file name %j is sent as %s", async (filename, disposition) => {
  const { url } = await serve(async function* () {
    yield "a";
  }, filename);
  const response = await fetch(url);
  expect((response.headers.get("content-disposition") ?? "").replace("UTF-8", "utf-8")).toBe(
    disposition,
  );
});

test("what fails in the middle cuts the connection and is logged: nobody takes a part for the whole", async () => {
  const { url, lines } = await serve(async function* () {
    yield "first";
    await delay(20);
    throw new Error("the database is gone");
  });
  const response = await fetch(url);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow("terminated");
  expect(lines).toMatchObject([
    { msg: "a document broke off", requestId: "req_1", err: { message: "the database is gone" } },
  ]);
});

test("no more is made than the caller reads, and nothing after it has gone", async () => {
  let made = 0;
  let isEnded = false;
  const piece = new Uint8Array(65_536);
  const { url } = await serve(async function* () {
    try {
      for (;;) {
        made += 1;
        yield piece;
      }
    } finally {
      isEnded = true;
    }
  });
  const request = get(url);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.pause();
  let before = -1;
  while (before !== made) {
    before = made;
    await delay(100);
  }
  // What the sockets of both sides hold, and not a piece per turn of the loop.
  expect(made).toBeLessThan(1000);
  response.destroy();
  await expect.poll(() => isEnded).toBe(true);
});

test("who doesn't read what others wait for is cut off", async () => {
  let isEnded = false;
  const piece = new Uint8Array(65_536);
  const { url, lines } = await serve(
    async function* () {
      try {
        for (;;) yield piece;
      } finally {
        isEnded = true;
      }
    },
    "a.pdf",
    { patienceMs: 200 },
  );
  const request = get(url);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.pause();
  await expect.poll(() => isEnded, { timeout: 10_000 }).toBe(true);
  expect(lines).toMatchObject([{ msg: "a document broke off" }]);
  response.resume();
  const [error] = (await once(response, "error")) as [Error];
  expect(error.message).toBe("aborted");
});

test("who reads for longer than that is not", async () => {
  const { url, lines } = await serve(
    async function* () {
      for (let count = 0; count < 6; count += 1) {
        await delay(50);
        yield "x";
      }
    },
    "a.pdf",
    { patienceMs: 100 },
  );
  expect(await (await fetch(url)).text()).toBe("xxxxxx");
  expect(lines).toEqual([]);
});

test("a caller that has gone before the first piece leaves nothing open", async () => {
  let isEnded = false;
  const caller = new AbortController();
  async function* make(): AsyncGenerator<string> {
    try {
      caller.abort();
      yield "a";
    } finally {
      isEnded = true;
    }
  }
  const document = { mediaType: "text/csv", filename: "a", chunks: make() };
  const request = new Request("http://a", { signal: caller.signal });
  await toDocumentResponse(document, "req_1", request, { log: pino({ level: "silent" }) });
  expect(isEnded).toBe(true);
});

test("others have their turn between the pieces, though making them never waits", async () => {
  let turns = 0;
  const { url } = await serve(async function* () {
    for (let count = 0; count < 20; count += 1) yield "x";
  });
  const timer = setInterval(() => {
    turns += 1;
  }, 0);
  onTestFinished(() => clearInterval(timer));
  const slow = await serve(async function* () {
    for (let count = 0; count < 20; count += 1) {
      const until = performance.now() + 10;
      while (performance.now() < until);
      yield "x";
    }
  });
  expect(await (await fetch(url)).text()).toHaveLength(20);
  turns = 0;
  expect(await (await fetch(slow.url)).text()).toHaveLength(20);
  expect(turns).toBeGreaterThan(10);
});

test("HEAD has the headers, and the document is given up", async () => {
  let isEnded = false;
  const { url } = await serve(async function* () {
    try {
      yield "a";
      yield "b";
    } finally {
      isEnded = true;
    }
  });
  const response = await fetch(url, { method: "HEAD" });
  expect(response.headers.get("content-disposition")).toBe("attachment; filename=a.csv");
  expect(await response.text()).toBe("");
  expect(isEnded).toBe(true);
});

test("what fails before the first piece fails the request, which can still be answered", async () => {
  const log = pino({ level: "silent" });
  const chunks = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.reject(new Error("the database is gone")),
    }),
  };
  await expect(
    toDocumentResponse(
      { mediaType: "text/csv", filename: "a", chunks },
      "req_1",
      new Request("http://a"),
      { log },
    ),
  ).rejects.toThrow("the database is gone");
});
