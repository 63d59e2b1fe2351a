import { describe, expect, test } from "vitest";
import type { Attempt, Endpoint, Replay } from "./api.js";
import {
  describeAttempt,
  describeCondition,
  describeNext,
  describeReceipt,
  describeReceipts,
  describeReplay,
  describeTest,
  sayInstant,
} from "./words.js";

const at = "2026-11-24T09:00:00Z";
const later = "2026-11-24T10:00:00Z";

const well: Endpoint["health"] = {
  status: "healthy",
  reason: null,
  failingSince: null,
  disabledAt: null,
  restsUntil: null,
  lastSuccessAt: at,
  lastFailureAt: null,
  pending: 0,
  lastError: null,
  nextAttemptAt: null,
  oldestPendingAt: null,
  lastSequence: 7,
};

function condition(
  health: Partial<Endpoint["health"]>,
  rest: Partial<Pick<Endpoint, "enabled" | "challenge" | "verifiedAt">> = {},
): string {
  const said = describeCondition({
    enabled: true,
    challenge: false,
    verifiedAt: null,
    health: { ...well, ...health },
    ...rest,
  });
  const why = said.why === null ? [] : [`<${said.why}>`];
  return [`${said.kind}:`, said.name, ...said.sentences, ...why].join(" ");
}

describe("what is said of an endpoint", () => {
  test.each([
    [
      "well",
      condition({}),
      `good: Delivering It last took an event about ${sayInstant(at)}. No event waits.`,
    ],
    [
      "new",
      condition({ lastSuccessAt: null }),
      "good: Ready Nothing has been delivered to it yet. No event waits.",
    ],
    [
      "new, with the first event on its way",
      condition({ lastSuccessAt: null, pending: 1, oldestPendingAt: at }),
      `off: Not tried yet Nothing has been delivered to it yet. 1 event waits, since ${sayInstant(at)}. None is lost.`,
    ],
    [
      "called healthy, though it never took anything",
      condition({ lastSuccessAt: null, lastFailureAt: at, pending: 2 }),
      `off: Nothing taken yet An attempt failed at ${sayInstant(at)}. 2 events wait. None is lost.`,
    ],
    [
      "failing, and at rest",
      condition({
        status: "failing",
        failingSince: at,
        restsUntil: later,
        pending: 1,
        oldestPendingAt: at,
      }),
      `bad: Failing Since ${sayInstant(at)}: it has taken nothing. It rests: nothing is sent before ${sayInstant(later)}. 1 event waits, since ${sayInstant(at)}. None is lost.`,
    ],
    [
      "failing, with a retry that comes after its rest",
      condition({
        status: "failing",
        failingSince: at,
        restsUntil: at,
        nextAttemptAt: later,
        lastError: "The endpoint answered 500.",
      }),
      `bad: Failing Since ${sayInstant(at)}: it has taken nothing. It rests: nothing is sent before ${sayInstant(at)}. The next retry is due at ${sayInstant(later)}. No event waits. <The endpoint answered 500.>`,
    ],
    [
      "failing, with a retry that ends its rest",
      condition({ status: "failing", failingSince: null, restsUntil: later, nextAttemptAt: later }),
      `bad: Failing It has taken nothing. The next retry is due at ${sayInstant(later)}. No event waits.`,
    ],
    [
      "well, with one that failed and is tried again",
      condition({ nextAttemptAt: later, pending: 1 }),
      `good: Delivering It last took an event about ${sayInstant(at)}. The next retry is due at ${sayInstant(later)}. 1 event waits. None is lost.`,
    ],
    [
      "disabled for failing",
      condition(
        {
          status: "disabled",
          reason: "failing",
          disabledAt: at,
          restsUntil: later,
          nextAttemptAt: later,
          lastError: "The endpoint answered 500.",
          pending: 1_000,
          oldestPendingAt: at,
        },
        { enabled: false },
      ),
      `bad: Disabled Since ${sayInstant(at)}: it took nothing for five days. It is tried again at ${sayInstant(later)}, and goes on by itself once it answers; or switch it on now. 1,000 events or more wait, the first since ${sayInstant(at)}. None is lost. <The endpoint answered 500.>`,
    ],
    [
      "disabled for failing, and tried no more",
      condition({ status: "disabled", reason: "failing", disabledAt: at }, { enabled: false }),
      `bad: Disabled Since ${sayInstant(at)}: it took nothing for five days. Switch it on, and what waits is sent. No event waits.`,
    ],
    [
      "gone",
      condition({
        status: "disabled",
        reason: "gone",
        disabledAt: at,
        lastError: "The endpoint answered 410 (gone for good) and has been switched off.",
        pending: 999,
      }),
      `bad: Disabled Since ${sayInstant(at)}: it answered 410 and is gone for good. Nothing is sent until you switch it on. 999 events wait. None is lost.`,
    ],
    [
      "off",
      condition({}, { enabled: false }),
      "off: Switched off Nothing is sent until you switch it on. No event waits.",
    ],
    [
      "not verified",
      condition({}, { challenge: true }),
      "off: Not verified Nothing is sent until it has proved that it has its secret: set up your receiver, then press “Verify”. No event waits.",
    ],
    ["verified", condition({}, { challenge: true, verifiedAt: at }), condition({})],
  ])("%s", (_, said, expected) => {
    expect(said).toBe(expected);
  });
});

describe("what becomes of a test event", () => {
  const endpoint = {
    enabled: true,
    challenge: false,
    verifiedAt: null,
    ordering: "subscription",
    health: well,
  } as const;
  const failing = { ...well, status: "failing", pending: 1 } as const;

  test.each([
    [endpoint, /^A test event is on its way; what comes of it is among the attempts\.$/],
    [{ ...endpoint, enabled: false }, /^The test event waits: .* until you switch it on\.$/],
    [{ ...endpoint, challenge: true }, /^The test event waits until .* press “Verify”\.$/],
    [
      { ...endpoint, health: { ...failing, restsUntil: later } },
      new RegExp(`^The test event waits: .* before ${sayInstant(later)}\\.$`),
    ],
    [{ ...endpoint, health: failing }, /^A test event is on its way, unless an earlier one/],
    [
      { ...endpoint, ordering: "fifo", health: failing },
      /^The test event waits: .* after what failed before it\.$/,
    ],
    [
      { ...endpoint, enabled: false, health: { ...well, status: "disabled", reason: "gone" } },
      /^The test event waits .* disabled\. Nothing is sent until you switch it on\.$/,
    ],
  ] satisfies [Parameters<typeof describeTest>[0], RegExp][])("%o", (one, said) => {
    expect(describeTest(one)).toMatch(said);
  });
});

test("receipts are told of only where there is something to see to", () => {
  expect(describeReceipts(false, false)).toBe("");
  expect(describeReceipts(true, false)).toMatch(/^Overdue receipts of the partner:/);
  expect(describeReceipts(true, true)).toMatch(/^Overdue and rejected receipts of the partner:/);
  expect(describeReceipt({ status: "overdue", dueAt: at, answeredAt: null })).toBe(
    `It was due at ${sayInstant(at)}.`,
  );
  expect(describeReceipt({ status: "rejected", dueAt: at, answeredAt: later })).toBe(
    `Rejected at ${sayInstant(later)}.`,
  );
});

const attempt: Attempt = {
  id: "attempt_01m86fyz80efb9ckkcswd4wqac",
  endpoint: "wh_01m86d3dj0fhrrs8thyv5t4a1p",
  event: "evt_01m9fh5nt0e34s1f9fjkgqeren",
  eventType: "subscription.paused",
  attempt: 3,
  status: "failed",
  responseStatus: null,
  responseExcerpt: null,
  error: "The name hooks.example.com is not known.",
  address: null,
  durationMs: 15_000,
  attemptedAt: at,
  nextAttemptAt: later,
  givenUp: false,
};

describe("what is said of an attempt", () => {
  test("where it went, and what follows", () => {
    expect(describeAttempt(attempt)).toBe("Attempt 3, 15,000 ms, no connection came about");
    expect(describeAttempt({ ...attempt, address: "203.0.113.7" })).toBe(
      "Attempt 3, 15,000 ms, at 203.0.113.7",
    );
    expect(describeNext(attempt, true)).toBe(`The next attempt is due at ${sayInstant(later)}.`);
    const last = { status: "failed", nextAttemptAt: null, givenUp: false } as const;
    expect(describeNext(last, true)).toBe("The event waits to be tried again.");
    expect(describeNext(last, false)).toBe("");
    for (const isLast of [true, false])
      expect(describeNext({ ...last, givenUp: true }, isLast)).toBe(
        "With it the event was given up.",
      );
    expect(describeNext({ ...last, status: "succeeded" }, true)).toBe("");
  });
});

describe("what is said of a replay", () => {
  const replay: Replay = {
    id: "replay_01m86g4b2cf6ts5xn2r1fzq0vd",
    endpoint: "wh_01m86d3dj0fhrrs8thyv5t4a1p",
    status: "counting",
    only: "failed",
    since: null,
    until: null,
    eventTypes: null,
    count: null,
    done: 0,
    added: 0,
    createdAt: at,
    finishedAt: null,
  };

  test.each([
    [{}, "Counting what there is to do: 0 so far, what was given up"],
    [
      {
        status: "running",
        only: "all",
        since: at,
        eventTypes: ["bill.issued"],
        count: 1_204,
        done: 500,
      },
      `Under way: 500 of 1,204, everything it wants since ${sayInstant(at)} (bill.issued)`,
    ],
    [
      { status: "completed", only: "missing", until: later, count: 2, done: 2 },
      `Completed: 2 of 2, what it missed until ${sayInstant(later)}`,
    ],
  ] satisfies [Partial<Replay>, string][])("%o", (part, said) => {
    expect(describeReplay({ ...replay, ...part })).toBe(said);
  });
});
