import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "../../app/world.ts";
import { StoreUnavailableError } from "../../store/store.ts";
import type { FinishedAttempt } from "../../store/webhook-queue.ts";
import { recordFinished } from "./record-finished.ts";

/** As many attempts as share a transaction. */
const batchSize = 100;

/** While stopping, a database that can't be reached is waited for so often; what stays unrecorded is delivered again. */
const lastTries = 3;

export interface AttemptRecorder {
  /** Resolves once the attempt is stored, or given up; never rejects. */
  record(attempt: FinishedAttempt): Promise<void>;
  /** From now on there is little patience with a database that can't be reached. */
  hurry(): void;
}

interface Entry {
  readonly attempt: FinishedAttempt;
  readonly done: () => void;
}

/** Stores finished attempts; those that finish together share a transaction. A database that can't be reached is tried again. */
export function createAttemptRecorder(
  services: Pick<Services, "store" | "sealer" | "log" | "now">,
  pauseMs: number,
): AttemptRecorder {
  const { store, sealer, log, now } = services;
  const queue: Entry[] = [];
  let running: Promise<void> | null = null;
  let triesLeft = Number.POSITIVE_INFINITY;

  async function recordAll(): Promise<void> {
    while (queue.length > 0) await recordBatch(queue.splice(0, batchSize));
    running = null;
  }

  async function recordBatch(batch: readonly Entry[]): Promise<void> {
    for (;;) {
      try {
        await store.transaction((tx) =>
          recordFinished(
            tx,
            sealer,
            store.dialect,
            batch.map(({ attempt }) => attempt),
            now(),
          ),
        );
        break;
      } catch (error) {
        const err = store.translate(error);
        log.error({ err, attempts: batch.length }, "recording webhook attempts failed");
        const isPassing = err instanceof StoreUnavailableError;
        // One that can't be stored must not take the others with it.
        if (!isPassing && batch.length > 1) {
          for (const entry of batch) await recordBatch([entry]);
          return;
        }
        // Its lease ends by itself, and it is delivered again.
        if (!isPassing || --triesLeft <= 0) break;
        await sleep(pauseMs);
      }
    }
    for (const { done } of batch) done();
  }

  function start(): void {
    running ??= recordAll();
  }

  return {
    record: (attempt) =>
      new Promise((resolve) => {
        queue.push({ attempt, done: resolve });
        start();
      }),
    hurry() {
      triesLeft = lastTries;
    },
  };
}
