import type { PartnerId } from "../../ids.ts";
import type { PlacedEvent } from "../../store/events.ts";
import {
  listDeliveriesIn,
  listFailedDeliveries,
  listOfferedEvents,
  mapEventTypes,
  type QueuedDelivery,
} from "../../store/replayed-deliveries.ts";
import type { Reader } from "../../store/store.ts";
import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import type { WebhookReplay } from "../../store/webhook-replays.ts";
import { selectWanted } from "../delivery/fan-out.ts";
import { wantsType } from "../endpoints/wants-event.ts";
import { clipRanges } from "./ranges.ts";

/** What a replay is about: what it was asked for, and how far it goes. */
export type ReplayScope = Pick<
  WebhookReplay,
  "selection" | "since" | "until" | "eventTypes" | "ranges" | "lastPlace"
>;

/** A few of the places that a replay goes through, and what is to become of what is there. */
export interface ReplayChunk {
  /** Finished deliveries, to be made pending again. */
  readonly finished: readonly number[];
  /** Pending ones, which are not waited for any longer. */
  readonly pending: readonly number[];
  /** Events that the endpoint wants and never had, in their order. */
  readonly added: readonly PlacedEvent[];
  /** How many places were looked at. */
  readonly looked: number;
  /** The last of them. */
  readonly reached: number;
  /** Whether there is nothing behind them. */
  readonly isLast: boolean;
}

/** How many deliveries a chunk makes. */
export function countDeliveries({ finished, added }: ReplayChunk): number {
  return finished.length + added.length;
}

/** Looks at the next places of a replay, up to `size`. Both its count and its deliveries come from here. */
export async function selectChunk(
  db: Reader,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
  scope: ReplayScope,
  after: number,
  size: number,
): Promise<ReplayChunk> {
  const last = scope.lastPlace;
  switch (scope.selection) {
    case "all": {
      const events = await listOfferedEvents(db, partner, endpoint.id, after, last, size);
      const ofType = events.filter(({ type }) => isOfType(scope, type));
      const wanted = await selectWanted(db, partner, endpoint, ofType);
      return {
        ...split(wanted.flatMap(({ delivery }) => delivery ?? [])),
        added: wanted.filter(({ delivery }) => delivery === null),
        looked: events.length,
        ...toEnd(events.at(-1)?.position, events.length < size, last),
      };
    }
    case "failed": {
      const deliveries = await listFailedDeliveries(db, partner, endpoint.id, after, last, size);
      const inTime = deliveries.filter(
        ({ queuedAt }) =>
          (scope.since === null || queuedAt >= scope.since) &&
          (scope.until === null || queuedAt < scope.until),
      );
      return toChunk(await keepTypes(db, partner, scope, inTime), deliveries, size, last);
    }
    case "missing": {
      const ranges = clipRanges(scope.ranges ?? [], after + 1, last);
      const deliveries = await listDeliveriesIn(db, partner, endpoint.id, ranges, size);
      return toChunk(deliveries, deliveries, size, last);
    }
    default:
      return scope.selection satisfies never;
  }
}

async function keepTypes(
  db: Reader,
  partner: PartnerId,
  scope: ReplayScope,
  deliveries: readonly QueuedDelivery[],
): Promise<readonly QueuedDelivery[]> {
  if (scope.eventTypes === null) return deliveries;
  const types = await mapEventTypes(
    db,
    partner,
    deliveries.map(({ event }) => event),
  );
  return deliveries.filter(({ event }) => isOfType(scope, types.get(event) ?? ""));
}

function isOfType({ eventTypes }: ReplayScope, type: string): boolean {
  return eventTypes === null || wantsType(eventTypes, type);
}

function toChunk(
  kept: readonly QueuedDelivery[],
  seen: readonly QueuedDelivery[],
  size: number,
  last: number,
): ReplayChunk {
  return {
    ...split(kept),
    added: [],
    looked: seen.length,
    ...toEnd(seen.at(-1)?.sequence, seen.length < size, last),
  };
}

function split(deliveries: readonly QueuedDelivery[]): Pick<ReplayChunk, "finished" | "pending"> {
  const numbersOf = (isPending: boolean): readonly number[] =>
    deliveries
      .filter(({ status }) => (status === "pending") === isPending)
      .map(({ sequence }) => sequence);
  return { finished: numbersOf(false), pending: numbersOf(true) };
}

function toEnd(
  reached: number | undefined,
  isEnd: boolean,
  last: number,
): Pick<ReplayChunk, "reached" | "isLast"> {
  return isEnd || reached === undefined
    ? { reached: last, isLast: true }
    : { reached, isLast: reached >= last };
}
