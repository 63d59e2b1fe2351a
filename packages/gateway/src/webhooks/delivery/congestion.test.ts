import { toInstant, type Instant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { isSlow, nextFlow, type Flow } from "./congestion.ts";
import type { AttemptResult } from "./send-delivery.ts";

const at = toInstant(Date.UTC(2026, 10, 24, 9));
const later = (ms: number): Instant => toInstant(at + ms);
const well: Flow = { allowance: 8, resumesAt: null, slowCount: 0, slowedAt: null };

function result(status: number | null, isUnreachable = false): AttemptResult {
  const isTaken = status === 204;
  return {
    status,
    isUnreachable,
    retryAfter: null,
    excerpt: null,
    address: null,
    error: isTaken ? null : "It failed.",
  };
}

describe("an endpoint's flow", () => {
  test.each([
    [result(429), true],
    [result(502), true],
    [result(503), true],
    [result(504), true],
    [result(null, true), true],
    // Ours, not the endpoint's.
    [result(null, false), false],
    [result(400), false],
    [result(500), false],
    [result(302), false],
    [result(204), false],
  ])("$status is the endpoint's trouble or the event's", (received, isTrouble) => {
    expect(isSlow(received)).toBe(isTrouble);
    expect(nextFlow(well, received, at, 0, 8, later(10)).allowance).toBe(isTrouble ? 4 : 8);
  });

  test("halves each time it is slowed down, to one, and rests twice as long, to five minutes", () => {
    let flow = well;
    let now = at;
    const seen: (readonly [number, number])[] = [];
    for (let count = 0; count < 11; count++) {
      flow = nextFlow(flow, result(503), now, 0, 8, now);
      seen.push([flow.allowance, ((flow.resumesAt ?? 0) - now) / 1_000]);
      now = flow.resumesAt ?? now;
    }
    expect(seen).toEqual(
      [4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1].map((allowance, index) => [
        allowance,
        Math.min(2 ** index, 300),
      ]),
    );
  });

  test("what was under way when it was slowed down slows it no further, but its patience counts", () => {
    const slowed = nextFlow(well, result(503), at, 0, 8, later(100));
    const again = nextFlow(slowed, result(503), later(50), 60_000, 8, later(200));
    expect(again).toMatchObject({ allowance: 4, slowCount: 1, resumesAt: later(60_200) });
  });

  test("rests as long as it asks for, and never less than it does already", () => {
    const asked = nextFlow(well, result(429), at, 3_600_000, 8, at);
    expect(asked.resumesAt).toBe(later(3_600_000));
    const short = nextFlow(asked, result(429), later(1), 0, 8, later(1));
    expect(short.resumesAt).toBe(later(3_600_000));
  });

  test("lets one more out with each success, up to its limit", () => {
    let flow = nextFlow(well, result(null, true), at, 0, 8, at);
    const seen: number[] = [];
    for (let count = 0; count < 6; count++) {
      flow = nextFlow(flow, result(204), later(2_000), 0, 8, later(2_000));
      seen.push(flow.allowance);
    }
    expect(seen).toEqual([5, 6, 7, 8, 8, 8]);
    expect(flow.slowCount).toBe(0);
  });
});
