import { toInstant, type Instant } from "@evergate/core";
import type { NextStep } from "../../store/webhook-deliveries.ts";
import type { AttemptResult } from "./send-delivery.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long to wait after each failed attempt; after the last, the event is given up. Three days in all. */
export const retryDelaysMs: readonly number[] = [
  5 * second,
  30 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

/** Added at random, so that what failed together does not come back together. */
const jitter = 0.2;

/** An endpoint may ask for this much patience. */
const longestRetryAfterMs = 24 * hour;

/** A disabled endpoint is probed at least daily, which the delivery that it is probed with must not put off. */
const longestProbeDelayMs = 24 * hour;

/**
 * What follows on an attempt. `number` is the how-manieth it was, from 1; `random` is from 0 to 1.
 * An endpoint that answers with `Retry-After` is not tried before that. While an endpoint is disabled nothing is given up.
 */
export function decideNext(
  result: AttemptResult,
  number: number,
  now: Instant,
  delaysMs: readonly number[],
  random: number,
  isDisabled: boolean,
): NextStep {
  if (result.error === null) return { status: "delivered" };
  const delayMs = delaysMs[number - 1] ?? (isDisabled ? delaysMs.at(-1) : undefined);
  if (delayMs === undefined) return { status: "failed" };
  const ownMs = Math.ceil(delayMs * (1 + jitter * random));
  const asked = readRetryAfterMs(result.retryAfter, now);
  return {
    status: "pending",
    at: toInstant(now + Math.max(isDisabled ? Math.min(ownMs, longestProbeDelayMs) : ownMs, asked)),
  };
}

/** `Retry-After` as milliseconds from now, at most a day; 0 where it says nothing that can be read (RFC 9110, 10.2.3). */
export function readRetryAfterMs(text: string | null, now: Instant): number {
  if (text === null) return 0;
  const value = text.trim();
  const askedMs = /^\d{1,12}$/.test(value)
    ? Number(value) * second
    : /^[A-Z][a-z]{2,8},? .{10,40}$/.test(value)
      ? Date.parse(value) - now
      : 0;
  return Number.isFinite(askedMs) ? Math.min(Math.max(askedMs, 0), longestRetryAfterMs) : 0;
}
