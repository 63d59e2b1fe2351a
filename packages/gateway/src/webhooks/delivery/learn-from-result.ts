import type { Instant } from "@evergate/core";
import { nextFlow } from "./congestion.ts";
import { afterFailure, afterSuccess, decideHealth, nextProbeAt } from "./health.ts";
import type { HealthChange } from "./record-health.ts";
import { readRetryAfterMs } from "./retry-schedule.ts";
import type { AttemptResult } from "./send-delivery.ts";
import type { Served } from "./served-endpoint.ts";

/** A success that changes nothing else is saved so often. */
const successSavedEveryMs = 60_000;

/** Takes an attempt's result into what is known of its endpoint; answers what is to be changed and told because of it. */
export function learnFromResult(
  served: Served,
  result: AttemptResult,
  attemptedAt: Instant,
  hasGivenUp: boolean,
  limit: number,
  now: Instant,
): HealthChange | null {
  adjustFlow(served, result, attemptedAt, limit, now);
  return result.error === null
    ? learnSuccess(served, now)
    : learnFailure(served, result, hasGivenUp, now);
}

function adjustFlow(
  served: Served,
  result: AttemptResult,
  attemptedAt: Instant,
  limit: number,
  now: Instant,
): void {
  const before = served.flow;
  const retryAfterMs = readRetryAfterMs(result.retryAfter, now);
  served.flow = nextFlow(before, result, attemptedAt, retryAfterMs, limit, now);
  if (
    before.allowance !== served.flow.allowance ||
    before.slowCount !== served.flow.slowCount ||
    before.resumesAt !== served.flow.resumesAt
  )
    served.isDirty = true;
}

function learnSuccess(served: Served, now: Instant): HealthChange | null {
  const { health } = served;
  served.health = afterSuccess(health, now);
  const savedAgoMs = Math.abs(now - (served.savedSuccessAt ?? 0));
  if (health.failingSince !== null || savedAgoMs > successSavedEveryMs) {
    served.isDirty = true;
    served.savedSuccessAt = now;
  }
  return health.disabledAt !== null || health.failingToldAt !== null ? "recover" : null;
}

function learnFailure(
  served: Served,
  result: AttemptResult,
  hasGivenUp: boolean,
  now: Instant,
): HealthChange | null {
  const { health } = served;
  served.health = afterFailure(health, hasGivenUp, now);
  served.isDirty = true;
  if (result.status === 410) return health.disabledAt === null ? "gone" : null;
  if (health.disabledAt === null) return decideHealth(served.health, now);
  served.flow = { ...served.flow, resumesAt: nextProbeAt(served.health, now) };
  return null;
}
