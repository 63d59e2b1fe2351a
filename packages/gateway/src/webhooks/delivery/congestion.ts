import { toInstant, type Instant } from "@evergate/core";
import { restUntil } from "../../store/waits.ts";
import type { AttemptResult } from "./send-delivery.ts";

/** How much an endpoint gets at once, and until when it rests: it shrinks while the endpoint is in trouble and grows as it recovers. */
export interface Flow {
  /** How many deliveries may be in flight now. */
  readonly allowance: number;
  readonly resumesAt: Instant | null;
  /** How many times in a row it was slowed down. */
  readonly slowCount: number;
  /** When it was last slowed down. */
  readonly slowedAt: Instant | null;
}

const second = 1_000;
const firstRestMs = second;
const longestRestMs = 5 * 60 * second;

/** The whole endpoint is in trouble, not just this event: it asks for less, its host is away, or nothing came in time. */
export function isSlow(result: AttemptResult): boolean {
  if (result.error === null) return false;
  return result.status === null
    ? result.isUnreachable
    : [429, 502, 503, 504].includes(result.status);
}

/**
 * The flow after an attempt. A success lets one more delivery in flight, up to `limit`, so that a backlog drains at a
 * growing rate. Trouble halves what may be in flight, and the endpoint rests: a second, then twice as long each time
 * up to five minutes, or as long as it asked for. Attempts that were under way when it was slowed down don't slow it further.
 */
export function nextFlow(
  flow: Flow,
  result: AttemptResult,
  attemptedAt: Instant,
  retryAfterMs: number,
  limit: number,
  now: Instant,
): Flow {
  const resumesAt = restUntil(flow.resumesAt, now);
  if (result.error === null)
    return {
      allowance: Math.min(limit, flow.allowance + 1),
      resumesAt,
      slowCount: 0,
      slowedAt: flow.slowedAt,
    };
  if (!isSlow(result)) return { ...flow, resumesAt };
  // Where the clock has gone back, what it said then tells nothing.
  const isKnown = flow.slowedAt !== null && attemptedAt < flow.slowedAt && flow.slowedAt <= now;
  const slowCount = isKnown ? flow.slowCount : flow.slowCount + 1;
  const restMs = Math.max(restMsAfter(slowCount), retryAfterMs);
  return {
    allowance: isKnown ? flow.allowance : Math.max(1, Math.floor(flow.allowance / 2)),
    resumesAt: toInstant(Math.max(now + restMs, resumesAt ?? 0)),
    slowCount,
    slowedAt: isKnown ? flow.slowedAt : now,
  };
}

/** The flow where an attempt's result could not be stored, `slowCount` being what it was when the attempt began: the endpoint rests, longer each time. */
export function slowDown(flow: Flow, slowCount: number, now: Instant): Flow {
  const restMs = restMsAfter(slowCount + 1);
  return {
    ...flow,
    resumesAt: toInstant(Math.max(now + restMs, restUntil(flow.resumesAt, now) ?? 0)),
    slowCount: slowCount + 1,
  };
}

function restMsAfter(slowCount: number): number {
  return Math.min(firstRestMs * 2 ** Math.min(slowCount - 1, 20), longestRestMs);
}
