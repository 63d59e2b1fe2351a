import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import { lockEventPosition } from "../../store/events.ts";
import { hasPendingDeliveries } from "../../store/replayed-deliveries.ts";
import type { Dialect, Transaction } from "../../store/store.ts";
import { hastenDeliveries, requeueDeliveries } from "../../store/webhook-deliveries.ts";
import { findEndpoint, type WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { claimReplay, updateReplay, type WebhookReplay } from "../../store/webhook-replays.ts";
import { queueEvents } from "../delivery/fan-out.ts";
import { countDeliveries, selectChunk, type ReplayChunk } from "./select-chunk.ts";

/** So many places are gone through in one transaction: on SQLite every other writer waits for its end. */
export const maximumChunk = 500;

/**
 * While so many deliveries of the endpoint are pending, nothing is added to them: what happens now is delivered after
 * the few that a replay has put before it, not after a million.
 */
export const maximumPending = 1_000;

/** What came of a step: more are to follow, the replay has to wait, or it is over (or in other hands). */
export type StepOutcome = "goes on" | "rests" | "is over";

/**
 * Takes a replay one step on, in the caller's transaction: what is done and how far it has come are stored together, so
 * that nothing is done twice, whoever is killed when, and whoever carries on.
 */
export async function takeReplayStep(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  id: string,
  size: number,
  now: Instant,
): Promise<StepOutcome> {
  const replay = await claimReplay(tx, dialect, partner, id);
  if (replay === undefined) return "is over";
  const endpoint = await findEndpoint(tx, partner, replay.endpoint);
  if (endpoint === undefined) {
    await updateReplay(tx, partner, endReplay(replay, "canceled", now));
    return "is over";
  }
  if (
    replay.status === "running" &&
    (await hasPendingDeliveries(tx, partner, endpoint.id, maximumPending))
  )
    return "rests";
  // Whoever queues an event that the endpoint never had holds the order of events: none is queued twice.
  if (replay.selection === "all") await lockEventPosition(tx, dialect, partner);
  const chunk = await selectChunk(tx, partner, endpoint, replay, replay.reached, size);
  const next = await carryOnReplay(tx, partner, endpoint, replay, chunk, now);
  await updateReplay(tx, partner, next);
  return next.finishedAt === null ? "goes on" : "is over";
}

/**
 * Counts a chunk, or puts it on its way; answers the replay as it is then, which the caller stores. A replay that is
 * through with one chunk is counted and done in one step.
 */
export async function carryOnReplay(
  tx: Transaction,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
  replay: WebhookReplay,
  chunk: ReplayChunk,
  now: Instant,
): Promise<WebhookReplay> {
  let current = replay;
  if (replay.status === "counting") {
    current = { ...replay, count: replay.count + countDeliveries(chunk), reached: chunk.reached };
    if (!chunk.isLast) return current;
    current = { ...current, status: "running", isCounted: true, reached: replay.startsAfter };
    if (replay.reached !== replay.startsAfter) return current;
  }
  await queueEvents(tx, partner, endpoint, chunk.added, now);
  const requeued = await requeueDeliveries(tx, partner, endpoint.id, chunk.finished, now);
  await hastenDeliveries(tx, partner, endpoint.id, chunk.pending, now);
  const next = {
    ...current,
    reached: chunk.reached,
    done: current.done + requeued + chunk.added.length,
    added: current.added + chunk.added.length,
  };
  return chunk.isLast ? endReplay(next, "completed", now) : next;
}

/** A replay that is over: what it was about is of no use any more. */
export function endReplay(
  replay: WebhookReplay,
  status: "completed" | "canceled",
  now: Instant,
): WebhookReplay {
  return { ...replay, status, ranges: null, finishedAt: now };
}
