import { isHTTPError, type RetryOptions } from "ky";
import { isEvergateError } from "../errors.ts";

// 408 is not among them: a proxy that timed out may well have passed the request on, and asks again itself where it did not.
const passingStatuses = [409, 429, 502, 503, 504];

/** A gateway that asks for more patience than this is not waited for: whoever calls can decide better. */
const longestWaitMs = 60_000;

const firstDelayMs = 300;
const longestDelayMs = 8_000;

/**
 * When a call is tried again, and after how long. Every try is safe: a GET and a DELETE by nature, a POST and a PATCH
 * because all tries bear the same Idempotency-Key. So what may have arrived can be sent again too.
 */
export const retryRules: RetryOptions = {
  methods: ["get", "post", "patch", "delete"],
  statusCodes: passingStatuses,
  afterStatusCodes: passingStatuses,
  delay: (attempt) => Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs),
  // Between half and all of the delay: many clients that failed together don't come back together.
  jitter: (delay) => delay * (0.5 + Math.random() / 2),
  shouldRetry: ({ error }) => {
    if (isHTTPError(error)) {
      if (error.response.status === 409 && readCode(error.data) !== "idempotency_key_in_use")
        return false;
      if (readWaitMs(error.response.headers.get("retry-after")) > longestWaitMs) return false;
      return undefined;
    }
    // An abort is meant; an answer that is not the gateway's stays so. All else is the network, or a try that took too long.
    return error.name !== "AbortError" && !isEvergateError(error);
  },
};

function readCode(problem: unknown): unknown {
  return typeof problem === "object" && problem !== null && "code" in problem
    ? problem.code
    : undefined;
}

/** `Retry-After` is a number of seconds or a date. */
function readWaitMs(retryAfter: string | null): number {
  if (retryAfter === null) return 0;
  const seconds = Number(retryAfter);
  const waitMs = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  return Number.isNaN(waitMs) ? 0 : waitMs;
}
