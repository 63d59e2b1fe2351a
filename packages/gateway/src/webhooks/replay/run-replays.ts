import type { PartnerId } from "../../ids.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { toInstant } from "@evergate/core";
import type { Services } from "../../app/world.ts";
import {
  deleteOldReplays,
  listUnfinishedReplays,
  type ReplayKey,
} from "../../store/webhook-replays.ts";
import { maximumChunk, takeReplayStep, type StepOutcome } from "./take-step.ts";

/** How often is looked for replays to carry on, and whether one that rests may go on. */
const lookEveryMs = 250;

/** So many replays are asked for at a time; all of them have their turn. */
const pageSize = 100;

/** A step that took longer is followed by smaller ones: on SQLite every other writer has waited for it. */
const maximumStepMs = 20;
const minimumChunk = 25;

const hourMs = 3_600_000;
const keptMs = 30 * 24 * hourMs;

export interface Replaying {
  /** Ends it, once the step that is under way is taken. */
  stop(): Promise<void>;
}

/**
 * Carries replays on, whoever began them, one step of each in turn; `queued` hears when there is something to deliver to a partner's endpoints.
 * Any number of processes may do so at once. One replay's failure is tried again, and stops no other's.
 */
export function runReplays(
  services: Pick<Services, "store" | "log" | "now">,
  queued: (partner: PartnerId) => void,
  options: { readonly lookEveryMs?: number } = {},
): Replaying {
  const { store, log, now } = services;
  const stopping = new AbortController();
  const everyMs = options.lookEveryMs ?? lookEveryMs;
  let chunkSize = maximumChunk;
  let cleanedAt = -Infinity;

  async function takeStep({ partner, id }: ReplayKey): Promise<StepOutcome> {
    let tookMs = 0;
    const outcome = await store.transaction(async (tx) => {
      const begunAt = performance.now();
      const result = await takeReplayStep(tx, store.dialect, partner, id, chunkSize, now());
      tookMs = performance.now() - begunAt;
      return result;
    });
    if (outcome === "rests") return outcome;
    chunkSize =
      tookMs > maximumStepMs
        ? Math.max(minimumChunk, Math.floor(chunkSize / 2))
        : Math.min(maximumChunk, chunkSize * 2);
    queued(partner);
    // As long as the step has kept others from writing, they have their turn.
    await sleep(tookMs, undefined, { signal: stopping.signal }).catch(() => {});
    return outcome;
  }

  /** One step of each replay, again and again, until all of them rest or are over. */
  async function carryOn(): Promise<void> {
    for (let isAnyGoingOn = true; isAnyGoingOn;) {
      isAnyGoingOn = false;
      for (let after = ""; ;) {
        const replays = await listUnfinishedReplays(store.reader, after, pageSize);
        for (const key of replays) {
          if (stopping.signal.aborted) return;
          if (await tryStep(key)) isAnyGoingOn = true;
        }
        if (replays.length < pageSize) break;
        after = replays.at(-1)?.id ?? "";
      }
    }
  }

  /** Whether the replay goes on; one whose step failed is left for the next look. */
  async function tryStep(key: ReplayKey): Promise<boolean> {
    try {
      return (await takeStep(key)) === "goes on";
    } catch (error) {
      log.error(
        { err: store.translate(error), ...key },
        "a step of a replay failed; it is taken again",
      );
      return false;
    }
  }

  async function forget(): Promise<void> {
    if (performance.now() - cleanedAt < hourMs) return;
    cleanedAt = performance.now();
    const until = toInstant(now() - keptMs);
    while (
      !stopping.signal.aborted &&
      (await store.transaction((tx) => deleteOldReplays(tx, until, maximumChunk))) === maximumChunk
    );
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await carryOn();
        await forget();
      } catch (error) {
        log.error({ err: store.translate(error) }, "looking for replays failed; it is tried again");
      }
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
