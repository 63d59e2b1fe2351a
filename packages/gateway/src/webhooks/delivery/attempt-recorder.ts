import { setImmediate as untilAllHaveEnded, setTimeout as sleep } from "node:timers/promises";
import type { Services } from "../../app/world.ts";
import { StoreUnavailableError } from "../../store/store.ts";
import { recordFinished, type FinishedAttempt } from "./record-finished.ts";

/** As many attempts as share a transaction. */
const batchSize = 200;

/** So many transactions at once, where a database takes several. */
const writersAtOnce = 2;

/** While stopping, a database that can't be reached is waited for so often; what stays unrecorded is delivered again. */
const lastTries = 3;

export interface AttemptRecorder {
  /** Resolves once the attempt is stored (true) or given up (false); never rejects. */
  record(attempt: FinishedAttempt): Promise<boolean>;
  /** From now on there is little patience with a database that can't be reached. */
  hurry(): void;
  /** Ends what belongs to it, once everything has been recorded. */
  stop(): Promise<void>;
}

/** An attempt that waits to be stored, and who hears what became of it. */
export interface Entry {
  readonly attempt: FinishedAttempt;
  readonly done: (isStored: boolean) => void;
}

/** Stores finished attempts; those that finish together share a transaction. A database that can't be reached is tried again. */
export function createAttemptRecorder(
  services: Pick<Services, "store" | "sealer" | "log" | "now">,
  pauseMs: number,
): AttemptRecorder {
  const { store, sealer, log, now } = services;
  const queue: Entry[] = [];
  const mostWriters = store.dialect === "sqlite" ? 1 : writersAtOnce;
  let writers = 0;
  let triesLeft = Number.POSITIVE_INFINITY;

  async function recordAll(): Promise<void> {
    await untilAllHaveEnded();
    while (queue.length > 0) await recordBatch(queue.splice(0, batchSize));
    writers--;
  }

  async function recordBatch(batch: readonly Entry[]): Promise<void> {
    let isStored = false;
    while (!isStored) {
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
        isStored = true;
      } catch (error) {
        const err = store.translate(error);
        log.error({ err, attempts: batch.length }, "recording webhook attempts failed");
        const isPassing = err instanceof StoreUnavailableError;
        // One that can't be stored must not take the others with it.
        if (!isPassing && batch.length > 1) {
          for (const entry of batch) await recordBatch([entry]);
          return;
        }
        // It stays pending, and is delivered again.
        if (!isPassing || --triesLeft <= 0) break;
        await sleep(pauseMs);
      }
    }
    for (const { done } of batch) done(isStored);
  }

  return {
    record: (attempt) =>
      new Promise((resolve) => {
        queue.push({ attempt, done: resolve });
        if (writers >= mostWriters) return;
        writers++;
        void recordAll();
      }),
    hurry() {
      triesLeft = lastTries;
    },
    stop: async () => {},
  };
}
