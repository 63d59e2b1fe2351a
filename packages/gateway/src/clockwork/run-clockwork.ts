import { setImmediate as yieldToOthers } from "node:timers/promises";
import { toInstant, type Instant } from "@evergate/core";
import { forgetAnswers } from "../app/idempotency.ts";
import type { Services } from "../app/world.ts";
import { StoreUnavailableError } from "../store/store.ts";
import { listDuePartners } from "../store/due-partners.ts";
import { createRetention } from "../webhooks/retention/create-retention.ts";
import { catchUp } from "./catch-up.ts";
import { createWaits } from "./waits.ts";

/** Live partners are never later than this. */
const tickMs = 1_000;
/** So much of one partner's is done before it is another's turn: a sandbox sent ten years ahead must not make a live partner late. */
const stepsPerTurn = 10;
const housekeepingMs = 3_600_000;
/** Answers of idempotency keys are kept for 24 hours at least; twice that leaves room for clocks that differ. */
const answerAgeMs = 48 * 3_600_000;
/** So many of them go in a transaction: on SQLite every other writer waits for its end. */
const answersPerStep = 500;

export interface Clockwork {
  stop(): Promise<void>;
}

/**
 * Moves live partners on as time goes by, and sandboxes whose advance was interrupted.
 * One partner's failure is logged, tried again after a while, and stops nobody else's.
 */
export function runClockwork(
  services: Pick<Services, "store" | "sealer" | "log" | "now" | "signals">,
): Clockwork {
  const { store, log, now, signals } = services;
  let running: Promise<void> | null = null;
  let isStopped = false;
  let housekeptAt = 0;
  const waits = createWaits();
  const retention = createRetention(store);

  async function tick(): Promise<void> {
    try {
      let isMoreDue = true;
      while (isMoreDue) isMoreDue = await serveOnce();
      if (!isStopped) await keepHouse(now());
      if (!isStopped) await retention.takeTurn(now());
    } catch (error) {
      log.error({ err: store.translate(error) }, "the clockwork failed; it is tried again");
    }
  }
  /** Gives every partner with something due its turn, and answers whether one of them needs another. */
  async function serveOnce(): Promise<boolean> {
    const at = now();
    let isMoreDue = false;
    for (const { partner, until } of await listDuePartners(store.reader, at)) {
      if (isStopped) return false;
      if (waits.isWaiting(partner)) continue;
      try {
        if ((await catchUp(services, partner, until ?? at, stepsPerTurn)) === "more")
          isMoreDue = true;
        signals.eventsStored(partner);
        waits.forget(partner);
      } catch (error) {
        const err = store.translate(error);
        log.error({ err, partner }, "catching up failed; it is tried again");
        // A database that is gone is gone for everyone, and looked for with every tick.
        if (!(err instanceof StoreUnavailableError)) waits.lengthen(partner);
      }
    }
    return isMoreDue;
  }
  async function keepHouse(at: Instant): Promise<void> {
    if (at - housekeptAt < housekeepingMs) return;
    const until = toInstant(at - answerAgeMs);
    for (let step = 0; step < stepsPerTurn; step++) {
      if (isStopped) return;
      const count = await store.transaction((tx) => forgetAnswers(tx, until, answersPerStep));
      if (count < answersPerStep) {
        housekeptAt = at;
        return;
      }
      await yieldToOthers();
    }
  }
  function start(): void {
    running ??= tick().finally(() => {
      running = null;
    });
  }
  const timer = setInterval(start, tickMs);
  start();
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
