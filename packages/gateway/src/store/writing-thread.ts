import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import type { Store } from "./store.ts";
import type { FromThread, ThreadData, ToThread } from "./writing-thread-messages.ts";

/** A chunk's objects are gone with the chunk: room for many of them only delays their collection, at the cost of memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 };

/** A thread that has failed is started again after this. */
const restartMs = 1_000;

export interface WritingThread<Asked> {
  /** Tells the thread something. Where none runs it is lost. */
  ask(asked: Asked): void;
  /** Resolves when the thread has ended its work. */
  stop(): Promise<void>;
}

export interface WritingThreadWork<Said> {
  /** As the log names it. */
  readonly name: string;
  /** The thread's program, which calls `runWritingThread`. */
  readonly entry: URL;
  readonly data: ThreadData;
  hear(said: Said): void;
  /** The thread has ended, though nobody told it to: what it was asked for is lost. */
  readonly failed?: () => void;
}

/**
 * Runs work that writes in a thread with a connection of its own, so that this one is free for requests. SQLite has one
 * writer: the thread borrows the right to write from the store, for one short transaction at a time, and commands that
 * wait meanwhile go first each time.
 */
export function startWritingThread<Asked, Said>(
  { lendWriting }: Pick<Store, "lendWriting">,
  log: Logger,
  work: WritingThreadWork<Said>,
): WritingThread<Asked> {
  if (lendWriting === null) throw new Error("Only where one writes at a time is a thread needed.");
  const stopping = new AbortController();
  let worker: Worker | null = null;

  function send(message: ToThread<Asked>): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    worker?.postMessage(message);
  }

  /** Resolves when the thread has ended. */
  async function runOnce(lend: NonNullable<typeof lendWriting>): Promise<void> {
    const thread = new Worker(work.entry, { workerData: work.data, resourceLimits });
    worker = thread;
    let giveBack: (() => void) | null = null;
    let hasEnded = false;
    const use = async (): Promise<void> => {
      // Its turn came too late: nobody would give it back.
      if (hasEnded) return;
      await new Promise<void>((resolve) => {
        giveBack = resolve;
        send({ kind: "taken" });
      });
    };
    thread.on("message", (message: FromThread<Said>) => {
      switch (message.kind) {
        case "take":
          void lend(use);
          break;
        case "give":
          giveBack?.();
          giveBack = null;
          break;
        case "said":
          work.hear(message.said);
          break;
        default:
          message satisfies never;
      }
    });
    thread.on("error", (error) => {
      log.error({ err: error }, `${work.name} failed; it is started again`);
    });
    await new Promise((resolve) => thread.once("exit", resolve));
    // What it had begun is rolled back with its connection; the right to write must not end with it.
    worker = null;
    hasEnded = true;
    (giveBack as (() => void) | null)?.();
    if (!stopping.signal.aborted) work.failed?.();
  }
  async function runOn(lend: NonNullable<typeof lendWriting>): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      await runOnce(lend);
      // The wait may be cut short by the end, which is what it is for.
      await delay(restartMs, null, { signal }).catch(() => {});
    }
  }
  const running = runOn(lendWriting);
  return {
    ask: (asked) => send({ kind: "asked", asked }),
    async stop() {
      stopping.abort();
      send({ kind: "stop" });
      await running;
    },
  };
}
