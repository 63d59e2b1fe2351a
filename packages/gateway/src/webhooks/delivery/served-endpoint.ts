import { toInstant, type Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import type { ServedEndpoint } from "../../store/webhook-endpoints.ts";
import { isAstray, isDue, never, restUntil, waitUntil } from "../../store/waits.ts";
import type {
  LeasedQueue,
  LeftQueue,
  QueueHead,
  QueueKey,
  QueueState,
} from "../../store/webhook-leases.ts";
import type { Sending } from "../../store/webhook-secrets.ts";
import type { Flow } from "./congestion.ts";
import type { Health } from "./health.ts";
import type { Target } from "./send-delivery.ts";
import { createStation, type Station } from "./station.ts";

/** So many deliveries of an endpoint are read at once, and so few left before more are read. */
const windowSize = 64;
const lowWater = 16;

/** The revision of no queue: whoever has it saves nothing, and reads what is stored at the next look. */
export const unknownRevision = -1;

/** What an endpoint's deliveries are sent with, and where, and from when until when that is so. */
export interface Opened {
  readonly sending: Sending;
  readonly target: Target;
  readonly goodFrom: Instant;
  readonly goodUntil: Instant;
}

/** An endpoint that this process serves, and all that it holds of it in memory. */
export interface Served {
  readonly partner: PartnerId;
  readonly id: string;
  endpoint: ServedEndpoint;
  /** Null until something is sent. */
  opened: Opened | null;
  station: Station;
  /** How many of its attempts are answered, and not recorded yet. */
  recording: number;
  /** How far its queue is numbered, as far as is known, and which state of its configuration that goes with. */
  lastSequence: number;
  revision: number;
  flow: Flow;
  health: Health;
  /** Something of flow and health is not saved yet. */
  isDirty: boolean;
  savedSuccessAt: Instant | null;
  /** What has failed is to begin anew: nothing else begins before. */
  wantsRestart: boolean;
  /** It is being switched off or on: nothing begins meanwhile. */
  isHeld: boolean;
  /** It goes to another process as soon as nothing is in flight. */
  isLeaving: boolean;
  /** Somebody else has it: nothing begins any more, and nothing is saved. */
  isLost: boolean;
  /** By the process's own clock, in milliseconds: until then it has the lease, and since then it has had nothing to do. */
  leaseEndsAt: number;
  usedAt: number;
}

export function serve(
  endpoint: ServedEndpoint,
  queue: LeasedQueue,
  limit: number,
  leaseEndsAt: number,
  now: Instant,
): Served {
  return {
    partner: endpoint.partner,
    id: endpoint.id,
    endpoint,
    opened: null,
    station: createStation(
      endpoint.ordering === "fifo",
      (endpoint.firstFresh ?? queue.lastSequence + 1) - 1,
      endpoint.nextRetryAt,
    ),
    recording: 0,
    lastSequence: queue.lastSequence,
    revision: queue.revision,
    flow: toFlow(queue, limit, now),
    health: queue,
    isDirty: restsAstray(queue, now),
    savedSuccessAt: queue.lastSuccessAt,
    wantsRestart: queue.wantsRestart,
    isHeld: false,
    isLeaving: false,
    isLost: false,
    leaseEndsAt,
    usedAt: performance.now(),
  };
}

/** Takes over what has been changed elsewhere. Deliveries in flight end as they began. */
export function refresh(
  served: Served,
  endpoint: ServedEndpoint,
  queue: LeasedQueue,
  limit: number,
  now: Instant,
): void {
  const after = (endpoint.firstFresh ?? queue.lastSequence + 1) - 1;
  const isOrderingSame = served.endpoint.ordering === endpoint.ordering;
  if (isOrderingSame || served.station.inFlight > 0)
    served.station.restart(after, endpoint.nextRetryAt);
  else served.station = createStation(endpoint.ordering === "fifo", after, endpoint.nextRetryAt);
  served.endpoint = endpoint;
  served.opened = null;
  served.lastSequence = queue.lastSequence;
  served.revision = queue.revision;
  served.flow = toFlow(queue, limit, now);
  served.wantsRestart = queue.wantsRestart;
  // A success that is not saved yet was one, whatever has been said of the endpoint meanwhile.
  const hasSucceeded = (served.health.lastSuccessAt ?? 0) > (queue.lastSuccessAt ?? 0);
  served.health = hasSucceeded ? { ...queue, lastSuccessAt: served.health.lastSuccessAt } : queue;
  served.isDirty = hasSucceeded || restsAstray(queue, now);
}

function toFlow(queue: LeasedQueue, limit: number, now: Instant): Flow {
  return {
    allowance: Math.min(queue.allowance ?? limit, limit),
    resumesAt: restUntil(queue.resumesAt, now),
    slowCount: queue.slowCount,
    slowedAt: null,
  };
}

/** A rest that a clock set which was wrong is not only disregarded, but unmade: the day would come when it looks meant. */
function restsAstray({ resumesAt }: LeasedQueue, now: Instant): boolean {
  return resumesAt !== null && isAstray(resumesAt, now);
}

export function isResting({ flow }: Served, now: Instant): boolean {
  return flow.resumesAt !== null && !isDue(flow.resumesAt, now);
}

/** It has been failing, or was slowed down and has not recovered. */
export function isSick({ flow, health }: Served): boolean {
  return flow.slowCount > 0 || health.failingSince !== null;
}

/** The next part of its queue to be read for first attempts; null: none, or not now. */
export function nextRange(served: Served, now: Instant): { after: number; upTo: number } | null {
  const { station } = served;
  // Most endpoints have nothing most of the time, and all are asked again and again.
  if (station.cursor >= served.lastSequence) return null;
  if (served.isHeld || served.isLeaving || served.wantsRestart || isResting(served, now))
    return null;
  if (!station.takesFresh || station.ready > lowWater) return null;
  if (station.size >= windowSize * 2) return null;
  const window = served.health.disabledAt === null ? windowSize : 1;
  return {
    after: station.cursor,
    upTo: Math.min(station.cursor + window, served.lastSequence),
  };
}

export function wantsRetries(served: Served, now: Instant): boolean {
  const { station } = served;
  return (
    station.nextRetryAt !== null &&
    isDue(station.nextRetryAt, now) &&
    !served.isHeld &&
    !served.isLeaving &&
    !served.wantsRestart &&
    !isResting(served, now) &&
    station.size < windowSize * 2
  );
}

/** Something of its queue can be read on now. */
export function wantsReading(served: Served, now: Instant): boolean {
  return (
    served.station.openLanes.size > 0 ||
    nextRange(served, now) !== null ||
    wantsRetries(served, now)
  );
}

/**
 * When somebody should look at it again, if this process leaves it now; null: when something is queued. One that has
 * nothing, but rests, is looked at after its rest, lest the rest stay where a clock is wrong.
 */
function nextDueAt(served: Served, now: Instant): Instant | null {
  const { station, flow } = served;
  const hasFresh =
    served.wantsRestart ||
    station.cursor < served.lastSequence ||
    station.size > 0 ||
    station.openLanes.size > 0;
  const { resumesAt } = flow;
  const at = hasFresh ? now : station.nextRetryAt;
  if (at !== null) return toInstant(Math.max(waitUntil(at, now), restUntil(resumesAt, now) ?? 0));
  return resumesAt === null || resumesAt <= now || resumesAt === never ? null : resumesAt;
}

/** What is to be said of it where this process leaves it now; null where it has to stay. */
export function toLeft(served: Served, now: Instant, idleMs: number): LeftQueue | null {
  if (served.station.inFlight > 0 || served.isHeld || served.isDirty) return null;
  const dueAt = nextDueAt(served, now);
  const isIdle =
    (dueAt === null || dueAt > now + idleMs) && performance.now() - served.usedAt > idleMs;
  if (!isIdle && !served.isLeaving) return null;
  return {
    partner: served.partner,
    endpoint: served.id,
    lastSequence: served.lastSequence,
    revision: served.revision,
    dueAt,
  };
}

/** What is to be saved of it. */
export function toQueue(served: Served, limit: number): QueueHead & QueueState {
  const { flow, health } = served;
  return {
    partner: served.partner,
    endpoint: served.id,
    lastSequence: served.lastSequence,
    revision: served.revision,
    allowance: flow.allowance >= limit ? null : flow.allowance,
    resumesAt: flow.resumesAt,
    slowCount: flow.slowCount,
    failingSince: health.failingSince,
    failingToldAt: health.failingToldAt,
    judgedFrom: health.judgedFrom,
    givenUpCount: health.givenUpCount,
    disabledAt: health.disabledAt,
    probeCount: health.probeCount,
    lastSuccessAt: health.lastSuccessAt,
    lastFailureAt: health.lastFailureAt,
  };
}

export function toName({ partner, endpoint }: QueueKey): string {
  return `${partner}/${endpoint}`;
}

export function toKey({ partner, id }: Served): QueueKey {
  return { partner, endpoint: id };
}
