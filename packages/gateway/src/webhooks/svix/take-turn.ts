import { toInstant, type Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import type { Store } from "../../store/store.ts";
import {
  deleteHeldEvents,
  insertHeldEvents,
  listEventsForSvix,
  listHeldEvents,
  listHeldLanes,
  returnSvixQueue,
  updateHeldLanes,
  type HeldLane,
  type SvixEvent,
  type SvixQueue,
} from "../../store/svix-queues.ts";
import type { Failure } from "./svix-handover.ts";

/** What a turn is taken with. */
export interface TurnParts {
  readonly store: Store;
  readonly now: () => Instant;
  /** Hands one event over; null once it was accepted, "not begun" where nothing may be sent now. */
  readonly send: (partner: PartnerId, event: SvixEvent) => Promise<Failure | "not begun" | null>;
  /** So many events are read. */
  readonly batch: number;
  readonly lanesAtOnce: number;
  /** How long a lane waits once its event was refused `attempts` times. */
  readonly delayMs: (failure: Failure, attempts: number) => number;
}

/**
 * Hands over a partner's next events, those that are held before new ones, and records what became of them: the place
 * moves on over all that was read, and what was not accepted is held, with what follows it in its lane.
 */
export async function takeTurn(queue: SvixQueue, lease: string, parts: TurnParts): Promise<void> {
  const { store, now, batch } = parts;
  const { partner } = queue;
  const held = await listHeldEvents(store.reader, partner, now(), batch);
  if (held.length > 0) {
    const { accepted, stuck } = await sendLanes(partner, held, parts);
    await store.transaction(async (tx) => {
      if (!(await returnSvixQueue(tx, queue, lease, now()))) return;
      await deleteHeldEvents(tx, partner, accepted);
      await updateHeldLanes(tx, partner, stuck);
    });
    return;
  }
  const events = await listEventsForSvix(store.reader, queue, batch);
  const waiting = await listHeldLanes(store.reader, partner, [...new Set(events.map(toLane))]);
  const { stuck } = await sendLanes(
    partner,
    events.filter(({ lane }) => !waiting.has(lane)),
    parts,
  );
  const behind = Map.groupBy(
    events.filter(({ lane }) => waiting.has(lane)),
    toLane,
  );
  const joined = [...behind].map(([lane, following]) => ({
    lane,
    events: following,
    nextAttemptAt: waiting.get(lane) ?? now(),
    error: null,
  }));
  const position = events.at(-1)?.position ?? queue.position;
  await store.transaction(async (tx) => {
    if (!(await returnSvixQueue(tx, { partner, position }, lease, now()))) return;
    await insertHeldEvents(tx, partner, [...stuck, ...joined]);
  });
}

/** Sends lanes side by side, and each lane's events one after the other, up to one that is not accepted. */
async function sendLanes(
  partner: PartnerId,
  events: readonly SvixEvent[],
  { send, now, lanesAtOnce, delayMs }: TurnParts,
): Promise<{ readonly accepted: readonly SvixEvent[]; readonly stuck: readonly HeldLane[] }> {
  const accepted: SvixEvent[] = [];
  const stuck: HeldLane[] = [];
  const lanes = Map.groupBy(events, toLane).entries();
  const sendNext = async (): Promise<void> => {
    for (const [lane, own] of lanes)
      for (const [index, event] of own.entries()) {
        const failure = await send(partner, event);
        if (failure === null) {
          accepted.push(event);
          continue;
        }
        const isTried = failure !== "not begun";
        stuck.push({
          lane,
          events: own.slice(index),
          nextAttemptAt: isTried
            ? toInstant(now() + delayMs(failure, event.attemptCount + 1))
            : now(),
          error: isTried ? failure.error : null,
        });
        break;
      }
  };
  await Promise.all(Array.from({ length: lanesAtOnce }, sendNext));
  return { accepted, stuck };
}

function toLane({ lane }: SvixEvent): string {
  return lane;
}
