import { extname } from "node:path";
import type { Services } from "../../app/world.ts";
import { startWritingThread } from "../../store/writing-thread.ts";
import type { ThreadData } from "../../store/writing-thread-messages.ts";
import type { AttemptRecorder } from "./attempt-recorder.ts";
import type { FinishedAttempt } from "./record-finished.ts";
import type { RecorderAsked, RecorderSaid } from "./recorder-messages.ts";

/** While the gateway ends, a thread that fails is started again so often; what is not stored then is delivered again. */
const lastStarts = 1;

interface Entry {
  readonly attempt: FinishedAttempt;
  readonly done: (isStored: boolean) => void;
}

/** Stores finished attempts in a thread of its own, so that neither requests nor deliveries wait for what that costs. */
export function startRecorderThread(
  { store, log }: Pick<Services, "store" | "log">,
  data: ThreadData,
): AttemptRecorder {
  const entries = new Map<number, Entry>();
  let nextNumber = 1;
  let isHurried = false;
  let startsLeft = lastStarts;
  let unsent: number[] = [];

  const thread = startWritingThread<RecorderAsked, RecorderSaid>(store, log, {
    name: "the thread that records webhook attempts",
    entry: new URL(`./recorder-thread${extname(import.meta.url)}`, import.meta.url),
    data,
    hear(said) {
      for (const [number, isStored] of said) {
        entries.get(number)?.done(isStored);
        entries.delete(number);
      }
    },
    // What a thread that failed has not answered may be stored or not; to store it again changes nothing.
    started: () => {
      if (entries.size === 0) return;
      if (isHurried && --startsLeft < 0) giveUp();
      else ask([...entries.keys()]);
    },
  });

  function giveUp(): void {
    for (const { done } of entries.values()) done(false);
    entries.clear();
  }

  function ask(numbers: readonly number[]): void {
    thread.ask({
      attempts: numbers.flatMap((number) => {
        const entry = entries.get(number);
        return entry === undefined ? [] : [[number, entry.attempt] as const];
      }),
      isHurried,
    });
  }

  /** What ends in one turn of the event loop is sent together. */
  function askUnsent(): void {
    ask(unsent);
    unsent = [];
  }

  return {
    record: (attempt) =>
      new Promise((resolve) => {
        const number = nextNumber++;
        entries.set(number, { attempt, done: resolve });
        if (unsent.length === 0) setImmediate(askUnsent);
        unsent.push(number);
      }),
    hurry() {
      isHurried = true;
      ask([]);
    },
    stop: () => thread.stop(),
  };
}
