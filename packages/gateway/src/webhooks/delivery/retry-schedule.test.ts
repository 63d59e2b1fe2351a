import { toInstant } from "@evergate/core";
import { expect, test } from "vitest";
import { decideNext, readRetryAfterMs, retryDelaysMs } from "./retry-schedule.ts";

const now = toInstant(Date.UTC(2026, 10, 24, 9));
const failure = {
  status: 500,
  isUnreachable: false,
  retryAfter: null,
  excerpt: null,
  address: null,
  error: "The endpoint answered 500.",
};

test("the delays are 5 s, 30 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h", () => {
  expect(retryDelaysMs.map((ms) => ms / 1_000)).toEqual([
    5, 30, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
  ]);
});

test("a failure is tried again after its delay and up to a fifth more, never earlier", () => {
  for (const [index, delayMs] of retryDelaysMs.entries()) {
    expect(decideNext(failure, index + 1, now, retryDelaysMs, 0, false)).toEqual({
      status: "pending",
      at: now + delayMs,
    });
    expect(decideNext(failure, index + 1, now, retryDelaysMs, 1, false)).toEqual({
      status: "pending",
      at: now + delayMs * 1.2,
    });
  }
});

test("after the eleventh attempt the event is given up, whatever the endpoint asks for", () => {
  expect(
    decideNext({ ...failure, status: 503, retryAfter: "60" }, 11, now, retryDelaysMs, 0, false),
  ).toEqual({ status: "failed" });
});

test("while its endpoint is disabled an event is never given up", () => {
  expect(decideNext(failure, 11, now, retryDelaysMs, 0, true)).toEqual({
    status: "pending",
    at: now + 86_400_000,
  });
});

test("while its endpoint is disabled it is tried at least daily", () => {
  for (const number of [10, 11])
    expect(decideNext(failure, number, now, retryDelaysMs, 1, true)).toEqual({
      status: "pending",
      at: now + 86_400_000,
    });
});

test("a success ends it", () => {
  expect(
    decideNext(
      {
        status: 204,
        isUnreachable: false,
        retryAfter: null,
        excerpt: null,
        address: null,
        error: null,
      },
      1,
      now,
      retryDelaysMs,
      0,
      false,
    ),
  ).toEqual({ status: "delivered" });
});

test.each([
  ["120", 120_000],
  [" 120 ", 120_000],
  ["0", 0],
  ["86401", 86_400_000],
  ["999999999999", 86_400_000],
  ["99999999999999999999", 0],
  ["Tue, 24 Nov 2026 09:02:00 GMT", 120_000],
  ["Tuesday, 24-Nov-26 09:02:00 GMT", 120_000],
  ["Tue, 24 Nov 2026 08:00:00 GMT", 0],
  ["Tue, 24 Nov 2036 08:00:00 GMT", 86_400_000],
  ["-1", 0],
  ["1.5", 0],
  ["1e3", 0],
  ["soon", 0],
  ["", 0],
])("Retry-After: %s means %i ms", (text, ms) => {
  expect(readRetryAfterMs(text, now)).toBe(ms);
});
