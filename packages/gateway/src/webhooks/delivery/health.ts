import { toInstant, type Instant } from "@evergate/core";

/** How an endpoint fares, since it last took something. */
export interface Health {
  /** The first failure since the last success; null: it is well. */
  readonly failingSince: Instant | null;
  /** When its owner was told. */
  readonly failingToldAt: Instant | null;
  /** From when the days count after which it is switched off, where its owner has switched it on since. */
  readonly judgedFrom: Instant | null;
  /** How many events were given up since then. */
  readonly givenUpCount: number;
  /** Since when it is switched off for it, and only probed. */
  readonly disabledAt: Instant | null;
  /** How many probes it has failed since. */
  readonly probeCount: number;
  readonly lastSuccessAt: Instant | null;
  readonly lastFailureAt: Instant | null;
}

const hour = 3_600_000;
const day = 24 * hour;

/** Its owner is told after so long of nothing but failures, and it is switched off after so long. */
const toldAfterMs = day;
const disabledAfterMs = 5 * day;

/** Fewer undelivered events than these switch nothing off. */
export const leastUndelivered = 20;

/** A disabled endpoint is tried after an hour, then twice as long each time, and at least once a day. */
const longestProbeDelayMs = day;

export function afterSuccess(health: Health, at: Instant): Health {
  return {
    ...health,
    failingSince: null,
    failingToldAt: null,
    judgedFrom: null,
    givenUpCount: 0,
    disabledAt: null,
    probeCount: 0,
    lastSuccessAt: at,
  };
}

export function afterFailure(health: Health, hasGivenUp: boolean, at: Instant): Health {
  return {
    ...health,
    // Never later than now, whatever the clock has said before.
    failingSince: toInstant(Math.min(health.failingSince ?? at, at)),
    givenUpCount: health.givenUpCount + (hasGivenUp ? 1 : 0),
    probeCount: health.disabledAt === null ? 0 : health.probeCount + 1,
    lastFailureAt: at,
  };
}

/** What is due now: to tell its owner, or to switch it off, if that many events are undelivered. */
export function decideHealth(health: Health, at: Instant): "tell" | "disable" | null {
  const { failingSince, failingToldAt, judgedFrom, disabledAt } = health;
  if (failingSince === null || disabledAt !== null) return null;
  if (failingToldAt === null) return at - failingSince >= toldAfterMs ? "tell" : null;
  return at - (judgedFrom ?? failingSince) >= disabledAfterMs ? "disable" : null;
}

/** When a disabled endpoint is tried again. */
export function nextProbeAt(health: Health, now: Instant): Instant {
  return toInstant(
    now + Math.min(hour * 2 ** Math.min(health.probeCount, 10), longestProbeDelayMs),
  );
}
