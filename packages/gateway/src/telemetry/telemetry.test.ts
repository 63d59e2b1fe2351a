import { expect, test } from "vitest";
import { createLog } from "./create-log.ts";
import { logRequests } from "./log-requests.ts";

test("secrets are not logged, wherever they stand", () => {
  const { lines, log } = collect("info");
  log.info(
    { authorization: "s3cret", headers: { authorization: "s3cret", cookie: "s3cret" } },
    "a",
  );
  log.info(
    { req: { headers: { authorization: "s3cret" } }, key: { secret: "s3cret", id: "key_1" } },
    "b",
  );
  log.info({ partner: { apiKey: { secret: "s3cret" } } }, "c");
  expect(lines.join("")).not.toContain("s3cret");
  expect(read(lines)[1]).toMatchObject({
    level: "info",
    key: { secret: "[redacted]", id: "key_1" },
    msg: "b",
  });
});

test("an error is logged with its cause's message and stack", () => {
  const { lines, log } = collect("info");
  log.error({ err: new Error("outer", { cause: new Error("inner") }) }, "it failed");
  expect(read(lines)[0]).toMatchObject({
    level: "error",
    err: { message: "outer: inner", stack: expect.stringContaining("inner") },
  });
});

test("a request is one line: method, path without query, status, time and request id", async () => {
  const { lines, log } = collect("info");
  const answer = new Response("{}", { status: 201, headers: { "request-id": "req_1" } });
  const fetch = logRequests(() => answer, log);
  const request = new Request("http://gateway.test/v1/customers/ext:S-1001%2F1?secret=1", {
    method: "POST",
    headers: { authorization: "Bearer s3cret" },
  });
  expect(await fetch(request, {})).toBe(answer);
  expect(read(lines)).toEqual([
    {
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      method: "POST",
      path: "/v1/customers/ext:S-1001%2F1",
      status: 201,
      ms: expect.any(Number),
      requestId: "req_1",
      msg: "request",
    },
  ]);
});

test("nothing stands between a request and the gateway where requests are not logged", () => {
  const fetch = (): Response => new Response();
  expect(logRequests(fetch, collect("warn").log)).toBe(fetch);
});

function collect(level: string): { lines: string[]; log: ReturnType<typeof createLog> } {
  const lines: string[] = [];
  return { lines, log: createLog(level, { write: (line) => void lines.push(line) }) };
}

function read(lines: readonly string[]): unknown[] {
  return lines.map((line): unknown => JSON.parse(line));
}
