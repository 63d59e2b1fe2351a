import { extname } from "node:path";
import type { Services } from "../../app/world.ts";
import { startWritingThread, type WritingThread } from "../../store/writing-thread.ts";
import type { ThreadData } from "../../store/writing-thread-messages.ts";
import { createAttemptRecorder, type AttemptRecorder, type Entry } from "./attempt-recorder.ts";
import { deliveryDefaults } from "./delivery-options.ts";
import type { FinishedAttempt } from "./record-finished.ts";
import type { RecorderAsked, RecorderSaid } from "./recorder-messages.ts";

/** A thread costs memory and its start a second: it begins once so many attempts wait to be recorded. */
const worthAThread = 32;

/**
 * Stores finished attempts: a few of them here, and once they are many in a thread of its own, so that neither requests
 * nor deliveries wait for what that costs.
 */
export function createThreadedRecorder(
  services: Pick<Services, "store" | "sealer" | "log" | "now">,
  data: ThreadData,
): AttemptRecorder {
  const { store, log } = services;
  const here = createAttemptRecorder(services, deliveryDefaults.lookEveryMs);
  let recordedHere = 0;
  let thread: WritingThread<RecorderAsked> | null = null;
  let isReady = false;
  let isHurried = false;
  /** What the thread has been given, and what it is given at the end of this turn of the event loop. */
  const entries = new Map<number, Entry>();
  let nextNumber = 1;
  let unsent: (readonly [number, FinishedAttempt])[] = [];

  function startThread(): WritingThread<RecorderAsked> {
    return startWritingThread<RecorderAsked, RecorderSaid>(store, log, {
      name: "the thread that records webhook attempts",
      entry: new URL(`./recorder-thread${extname(import.meta.url)}`, import.meta.url),
      data,
      hear(said) {
        isReady = true;
        for (const [number, isStored] of said) {
          entries.get(number)?.done(isStored);
          entries.delete(number);
        }
      },
      failed() {
        isReady = false;
        unsent = [];
        const lost = [...entries.values()];
        entries.clear();
        // They may be stored or not; to store one again changes nothing.
        for (const { attempt, done } of lost) void recordHere(attempt).then(done);
      },
    });
  }

  async function recordHere(attempt: FinishedAttempt): Promise<boolean> {
    recordedHere++;
    if (recordedHere >= worthAThread && !isHurried) thread ??= startThread();
    try {
      return await here.record(attempt);
    } finally {
      recordedHere--;
    }
  }

  function askUnsent(): void {
    thread?.ask({ attempts: unsent, isHurried });
    unsent = [];
  }

  return {
    record(attempt) {
      if (!isReady) return recordHere(attempt);
      return new Promise((resolve) => {
        const number = nextNumber++;
        entries.set(number, { attempt, done: resolve });
        if (unsent.length === 0) setImmediate(askUnsent);
        unsent.push([number, attempt]);
      });
    },
    hurry() {
      isHurried = true;
      here.hurry();
      askUnsent();
    },
    async stop() {
      await thread?.stop();
    },
  };
}
