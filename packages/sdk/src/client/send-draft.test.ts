import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  answerJson,
  answerText,
  breakOff,
  hang,
  reset,
  stall,
  startServer,
} from "../testing/start-server.ts";
import {
  BadRequest,
  Conflict,
  ConnectionError,
  Evergate,
  EvergateProblem,
  Forbidden,
  NotFound,
  RateLimited,
  ServerError,
  TimeoutError,
  Unauthenticated,
  UnexpectedAnswerError,
  Unprocessable,
  VersionMismatch,
  type EvergateOptions,
} from "../index.ts";

const apiKey = "evg_operator_of_a_test_that_nobody_may_see";

function connect(baseUrl: string, options: Partial<EvergateOptions> = {}): Evergate {
  return new Evergate({ apiKey, baseUrl, maxRetries: 3, ...options });
}

function problem(status: number, code: string, more: object = {}): object {
  return {
    type: `urn:evergate:problem:${code}`,
    title: "A title.",
    status,
    detail: "A detail.",
    code,
    requestId: "req_1",
    ...more,
  };
}

async function failureOf(call: Promise<unknown>): Promise<Error> {
  const outcome = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error("The call did not fail.");
  return outcome;
}

const subscription = { id: "sub_1", quantity: 10, version: 4 };
const unavailable = answerJson(503, problem(503, "unavailable"), { "retry-after": "0" });

describe("tries", () => {
  test.each([
    ["a connection is reset", reset],
    ["an answer breaks off", breakOff],
    ["502 with HTML", answerText(502, "text/html", "<h1>Bad Gateway</h1>")],
    ["503 unavailable", unavailable],
    ["504 without a body", answerText(504, "text/plain", "")],
    ["429", answerText(429, "text/html", "slow down")],
    ["409 idempotency_key_in_use", answerJson(409, problem(409, "idempotency_key_in_use"))],
  ])("a POST is tried again, with the same key and body, when %s", async (_, behaviour) => {
    const server = await startServer(behaviour, answerJson(200, subscription));
    const answer = await connect(server.baseUrl).subscriptions.pause("sub_1", { days: 14 });
    expect(answer).toEqual(subscription);
    expect(server.seen).toHaveLength(2);
    const [first, second] = server.seen;
    expect(first?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(second?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
    expect(second?.body).toBe('{"days":14}');
  });

  test("a hanging try and a stalled body are given up after timeoutMs, and tried again", async () => {
    const server = await startServer(hang, stall, answerJson(200, subscription));
    const answer = await connect(server.baseUrl, { timeoutMs: 150 }).subscriptions.get("sub_1");
    expect(answer).toEqual(subscription);
    expect(server.seen).toHaveLength(3);
  });

  test.each([
    [400, "malformed_request"],
    [404, "not_found"],
    [409, "subscription_stopped"],
    [412, "version_mismatch"],
    [422, "quantity_out_of_range"],
    [500, "internal_error"],
    [408, "later_code"],
  ])("%i %s is not tried again", async (status, code) => {
    const server = await startServer(answerJson(status, problem(status, code)));
    await expect(connect(server.baseUrl).subscriptions.resume("sub_1")).rejects.toMatchObject({
      status,
      code,
    });
    expect(server.seen).toHaveLength(1);
  });

  test("maxRetries bounds them", async () => {
    const server = await startServer(unavailable);
    const error = await failureOf(connect(server.baseUrl, { maxRetries: 1 }).system.getReadiness());
    expect(error).toBeInstanceOf(ServerError);
    expect(server.seen).toHaveLength(2);
  });

  test("Retry-After is honoured", async () => {
    const server = await startServer(
      answerJson(503, problem(503, "unavailable"), { "retry-after": "1" }),
      answerJson(200, { status: "ready" }),
    );
    const startedAt = performance.now();
    await connect(server.baseUrl).system.getReadiness();
    expect(performance.now() - startedAt).toBeGreaterThan(990);
  });

  test("a Retry-After of more than a minute is not waited for", async () => {
    const server = await startServer(
      answerJson(503, problem(503, "unavailable"), { "retry-after": "61" }),
    );
    await expect(connect(server.baseUrl).system.getReadiness()).rejects.toBeInstanceOf(ServerError);
    expect(server.seen).toHaveLength(1);
  });

  test("each call has a key of its own, and a given one is sent", async () => {
    const server = await startServer(answerJson(200, subscription));
    const { subscriptions } = connect(server.baseUrl);
    await subscriptions.resume("sub_1");
    await subscriptions.resume("sub_1");
    await subscriptions.resume("sub_1", { idempotencyKey: "order-4711" });
    const keys = server.seen.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe("order-4711");
  });
});

describe("failures", () => {
  test("no connection: says where, how often and why, and keeps the cause and the key", async () => {
    const server = await startServer(reset);
    const error = await failureOf(
      connect(server.baseUrl, { maxRetries: 1 }).subscriptions.resume("sub_1", {
        idempotencyKey: "k-1",
      }),
    );
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ operation: "resumeSubscription", idempotencyKey: "k-1" });
    expect(error.message).toContain(
      `resumeSubscription: no answer from ${server.baseUrl} in 2 tries: fetch failed, other side closed.`,
    );
    expect(error.message).toContain('idempotencyKey "k-1"');
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test("a hang: TimeoutError with the key to go on with", async () => {
    const server = await startServer(hang);
    const error = await failureOf(
      connect(server.baseUrl, { maxRetries: 0 }).subscriptions.resume("sub_1", { timeoutMs: 50 }),
    );
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toContain("in 1 try of 50 ms each");
    expect(error).toMatchObject({ idempotencyKey: server.seen[0]?.headers["idempotency-key"] });
  });

  test("advancing a sandbox's clock outlasts the client's time-out", async () => {
    const server = await startServer((response) =>
      setTimeout(() => response.end('{"now":"2027-01-01T00:00:00Z"}'), 200),
    );
    const { sandbox } = connect(server.baseUrl, { timeoutMs: 50, maxRetries: 0 });
    await expect(sandbox.advanceClock({ to: "2027-01-01T00:00:00Z" })).resolves.toEqual({
      now: "2027-01-01T00:00:00Z",
    });
    await expect(
      sandbox.advanceClock({ to: "2027-01-01T00:00:00Z" }, { timeoutMs: 50 }),
    ).rejects.toBeInstanceOf(TimeoutError);
  });

  test("an aborted call rejects with the signal's reason, also while it waits for the next try", async () => {
    const server = await startServer(hang);
    const before = new AbortController();
    before.abort(new Error("never mind"));
    await expect(
      connect(server.baseUrl).system.getHealth({ signal: before.signal }),
    ).rejects.toThrow("never mind");
    expect(server.seen).toHaveLength(0);
    await expect(
      connect(server.baseUrl).system.getHealth({ signal: AbortSignal.timeout(50) }),
    ).rejects.toMatchObject({ name: "TimeoutError" });

    const waiting = await startServer(
      answerJson(503, problem(503, "unavailable"), { "retry-after": "30" }),
    );
    const during = new AbortController();
    setTimeout(() => during.abort(), 100);
    await expect(
      connect(waiting.baseUrl).system.getHealth({ signal: during.signal }),
    ).rejects.toMatchObject({ name: "AbortError" });
    expect(waiting.seen).toHaveLength(1);
  });

  test.each([
    ["is HTML", answerText(200, "text/html", "<html><body>Sign in</body></html>")],
    ["is not whole JSON", answerText(200, "application/json", '{"data":[')],
    ["is no object", answerJson(200, "ok")],
    ["is no page", answerJson(200, { items: [] })],
    ["is empty", answerText(200, "application/json", "")],
  ])("a successful answer that %s is an UnexpectedAnswerError", async (_, behaviour) => {
    const server = await startServer(behaviour);
    const error = await failureOf(connect(server.baseUrl).customers.list());
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toContain("baseUrl");
    expect(server.seen).toHaveLength(1);
  });

  test("a redirect is not followed", async () => {
    const server = await startServer(
      answerText(302, "text/plain", "", { location: "https://elsewhere.example/login" }),
    );
    const error = await failureOf(connect(server.baseUrl).subscriptions.resume("sub_1"));
    expect(error).toBeInstanceOf(UnexpectedAnswerError);
    expect(error.message).toContain("redirects to https://elsewhere.example/login");
    expect(server.seen).toHaveLength(1);
  });
});

describe("problems", () => {
  test.each([
    [400, BadRequest],
    [401, Unauthenticated],
    [403, Forbidden],
    [404, NotFound],
    [405, EvergateProblem],
    [409, Conflict],
    [412, VersionMismatch],
    [422, Unprocessable],
    [429, RateLimited],
    [500, ServerError],
    [503, ServerError],
  ])("%i is a %o", async (status, expected) => {
    const server = await startServer(answerJson(status, problem(status, "some_code")));
    const error = await failureOf(
      connect(server.baseUrl, { maxRetries: 0 }).subscriptions.get("sub_1"),
    );
    expect(error.constructor).toBe(expected);
    expect(error.name).toBe(expected.name);
    expect(error.message).toBe(`A detail. (getSubscription: ${status} some_code, request req_1)`);
  });

  test("facts are passed on, and only where they are what they should be", async () => {
    const more = {
      errors: [{ pointer: "/quantity", detail: "too small" }, "nonsense", { pointer: 1 }],
      minimum: 5,
      maximum: "many",
      availableFrom: "2027-01-01T00:00:00Z",
    };
    const server = await startServer(answerJson(422, problem(422, "quantity_out_of_range", more)));
    await expect(
      connect(server.baseUrl).subscriptions.update("sub_1", { quantity: 1 }),
    ).rejects.toMatchObject({
      title: "A title.",
      detail: "A detail.",
      requestId: "req_1",
      errors: [{ pointer: "/quantity", detail: "too small" }],
      minimum: 5,
      maximum: undefined,
      availableFrom: "2027-01-01T00:00:00Z",
      operation: "updateSubscription",
    });
  });

  test.each([
    [
      "HTML of a proxy",
      answerText(502, "text/html", "<html>\n<h1>Bad Gateway</h1>", { "request-id": "req_2" }),
      '"<html> <h1>Bad Gateway</h1>"',
    ],
    [
      "no JSON in spite of its type",
      answerText(502, "application/problem+json", "{"),
      "empty or unreadable",
    ],
    [
      "JSON of something else",
      answerText(502, "application/json", '{"message":"no upstream"}'),
      "no upstream",
    ],
    ["null", answerText(502, "application/json", "null"), "null"],
    ["nothing", answerText(502, "text/plain", ""), "empty"],
  ])(
    "a refusal with %s keeps its status, with the code unexpected_answer",
    async (_, behaviour, part) => {
      const server = await startServer(behaviour);
      const error = await failureOf(
        connect(server.baseUrl, { maxRetries: 0 }).subscriptions.get("sub_1"),
      );
      expect(error).toBeInstanceOf(ServerError);
      expect(error).toMatchObject({ status: 502, code: "unexpected_answer" });
      expect(error.message).toContain(part);
    },
  );

  test("__proto__ in an answer changes no prototype", async () => {
    const hostile =
      '{"__proto__":{"isAdmin":true},"code":"not_found","title":"t","status":404,"detail":"d","requestId":"r"}';
    const server = await startServer(
      answerText(200, "application/json", hostile),
      answerText(404, "application/problem+json", hostile),
    );
    const { subscriptions } = connect(server.baseUrl);
    expect(await subscriptions.get("sub_1")).not.toHaveProperty("isAdmin");
    expect(await failureOf(subscriptions.get("sub_1"))).not.toHaveProperty("isAdmin");
    expect({}).not.toHaveProperty("isAdmin");
  });
});

describe("the API key", () => {
  test("stands neither in the client nor in any error", async () => {
    const behaviours = [
      reset,
      hang,
      answerText(502, "text/html", "no"),
      answerText(200, "text/html", "no"),
      answerJson(401, problem(401, "unauthenticated")),
      answerText(307, "text/plain", "", { location: "/" }),
    ];
    for (const behaviour of behaviours) {
      const server = await startServer(behaviour);
      const evergate = connect(server.baseUrl, { maxRetries: 0, timeoutMs: 100 });
      const error = await failureOf(evergate.subscriptions.resume("sub_1"));
      expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
      for (const value of [evergate, error]) {
        expect(inspect(value, { depth: 20, showHidden: true, getters: true })).not.toContain(
          apiKey,
        );
        expect(JSON.stringify(value)).not.toContain(apiKey);
      }
      expect(String(error.stack)).not.toContain(apiKey);
    }
  });

  test.each(["", "evg key", "evg\n", "evgé", undefined])(
    "%j is refused without being shown",
    (bad) => {
      expect(() => new Evergate({ apiKey: bad as string, baseUrl: "http://localhost" })).toThrow(
        /^apiKey has to be/,
      );
    },
  );
});
