import type { Failure } from "./svix-handover.ts";

/** When Svix may be asked. While it fails, one request is made at a time, later and later; once one succeeds, all go on. */
export interface SvixPace {
  /** How long to wait until anything may be sent; 0: now. */
  readonly restMs: () => number;
  /** Whether the service failed when it was asked last. */
  readonly isFailing: () => boolean;
  /** Something that was begun at `begunAt` was accepted. */
  succeeded(begunAt: number): void;
  /** The service failed. What was under way before it was known to fail changes nothing. Answers whether this is news. */
  failed(failure: Failure, begunAt: number): boolean;
}

export interface PaceLimits {
  readonly firstRestMs: number;
  readonly longestRestMs: number;
}

/** Times are those of `performance.now()`. */
export function createPace({ firstRestMs, longestRestMs }: PaceLimits): SvixPace {
  let failures = 0;
  let resumesAt = 0;
  return {
    restMs: () => Math.max(0, resumesAt - performance.now()),
    isFailing: () => failures > 0,
    succeeded(begunAt) {
      if (begunAt >= resumesAt) failures = 0;
    },
    failed({ retryAfterMs }, begunAt) {
      if (begunAt < resumesAt) {
        resumesAt = Math.max(resumesAt, performance.now() + retryAfterMs);
        return false;
      }
      const restMs = Math.min(firstRestMs * 2 ** failures, longestRestMs);
      failures += 1;
      resumesAt = performance.now() + Math.max(restMs, retryAfterMs);
      return true;
    },
  };
}
