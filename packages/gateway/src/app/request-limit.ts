import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { ProblemError } from "./problem.ts";

/** One client may use up no more than this part of what all may. */
const clientShare = 10;

/** How many requests are let in, by everyone and by each client. */
export interface RequestLimit {
  /** Counts a request of a client. Throws `rate_limited`, with the seconds to wait, where it is one too many. */
  take(client: string): Promise<void>;
}

/**
 * A limit for what anybody may ask without a key. It counts in this process, in windows that begin with a client's first
 * request. Nobody is remembered once all is used up, so that what is remembered is bounded, whatever addresses come.
 */
export function createRequestLimit(perWindow: number, windowSeconds: number): RequestLimit {
  const all = new RateLimiterMemory({ points: perWindow, duration: windowSeconds });
  const ofClient = new RateLimiterMemory({
    points: Math.ceil(perWindow / clientShare),
    duration: windowSeconds,
  });
  return {
    async take(client) {
      const used = await all.get("all");
      if (perWindow === 0 || (used !== null && used.consumedPoints >= perWindow))
        throw createLimitError("Too many such requests have come, from all sides", {
          msBeforeNext: used?.msBeforeNext ?? windowSeconds * 1_000,
        });
      await consume(ofClient, client, "Too many such requests have come from your address");
      await consume(all, "all", "Too many such requests have come, from all sides");
    },
  };
}

async function consume(limiter: RateLimiterMemory, key: string, what: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (error) {
    if (error instanceof RateLimiterRes) throw createLimitError(what, error);
    throw error;
  }
}

function createLimitError(
  what: string,
  { msBeforeNext }: Pick<RateLimiterRes, "msBeforeNext">,
): ProblemError {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
  return new ProblemError("rate_limited", `${what}. Try again in ${seconds} seconds.`, [], {
    retryAfterSeconds: seconds,
  });
}
