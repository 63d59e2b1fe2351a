import { describe, expect, expectTypeOf, test } from "vitest";
import * as errors from "./errors.ts";

const call = { operation: "getSubscription", idempotencyKey: null } as const;
const facts = { status: 404, code: "not_found", title: "t", detail: "d", requestId: null } as const;

async function loadSecondCopy(): Promise<typeof errors> {
  const path = "./errors.ts?second-copy";
  return (await import(/* @vite-ignore */ path)) as typeof errors;
}

describe("guards", () => {
  test("know the errors of a second copy of the package, whose classes are others", async () => {
    const second = await loadSecondCopy();
    const problem: unknown = new second.NotFound(facts, call);
    expect(problem).not.toBeInstanceOf(errors.NotFound);
    expect(errors.isEvergateError(problem)).toBe(true);
    expect(errors.isEvergateProblem(problem)).toBe(true);
    expect(errors.isEvergateProblem(problem, "not_found")).toBe(true);
    expect(errors.isEvergateProblem(problem, "forbidden")).toBe(false);
    expect(errors.isConnectionError(new second.ConnectionError("m", call))).toBe(true);
    expect(errors.isTimeoutError(new second.TimeoutError("m", call))).toBe(true);
    expect(errors.isUnexpectedAnswerError(new second.UnexpectedAnswerError("m", 200, call))).toBe(
      true,
    );
    expect(
      errors.isWebhookVerificationError(new second.WebhookVerificationError("body_used", "m")),
    ).toBe(true);
  });

  test.each([
    undefined,
    null,
    "error",
    7,
    {},
    new Error("another"),
    new DOMException("m", "TimeoutError"),
  ])("say no to %o", (value) => {
    expect(errors.isEvergateError(value)).toBe(false);
    expect(errors.isEvergateProblem(value)).toBe(false);
    expect(errors.isConnectionError(value)).toBe(false);
    expect(errors.isTimeoutError(value)).toBe(false);
    expect(errors.isUnexpectedAnswerError(value)).toBe(false);
    expect(errors.isWebhookVerificationError(value)).toBe(false);
  });

  test("tell the kinds from each other", () => {
    const timeout = new errors.TimeoutError("m", call);
    expect(errors.isEvergateError(timeout)).toBe(true);
    expect(errors.isTimeoutError(timeout)).toBe(true);
    expect(errors.isConnectionError(timeout)).toBe(false);
    expect(errors.isEvergateProblem(timeout)).toBe(false);
  });

  test("narrow the type", () => {
    const error: unknown = new errors.NotFound(facts, call);
    if (errors.isEvergateProblem(error)) expectTypeOf(error.code).toEqualTypeOf<errors.ErrorCode>();
  });
});
