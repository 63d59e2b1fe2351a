import { extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Services } from "../app/world.ts";
import type { Clockwork } from "./run-clockwork.ts";
import type { FromThread, ThreadData, ToThread } from "./thread-messages.ts";

/** A chunk's objects are gone with the chunk: room for many of them only delays their collection, at the cost of memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 };

/** A thread that has failed is started again after this. */
const restartMs = 1_000;

/**
 * Runs the clockwork in a thread with a connection of its own, so that a month's close leaves this one free for requests.
 * SQLite has one writer: the thread borrows the right to write from the store, for one short transaction at a time, and
 * commands that wait meanwhile go first each time.
 */
export function startClockworkThread(
  { store, log, signals }: Pick<Services, "store" | "log" | "signals">,
  data: ThreadData,
): Clockwork {
  const { lendWriting } = store;
  if (lendWriting === null) throw new Error("Only where one writes at a time is a thread needed.");
  const entry = new URL(`./clockwork-thread${extname(import.meta.url)}`, import.meta.url);
  const stopping = new AbortController();
  let worker: Worker | null = null;

  /** Resolves when the thread has ended. */
  async function runOnce(): Promise<void> {
    const thread = new Worker(entry, { workerData: data, resourceLimits });
    worker = thread;
    const send = (message: ToThread): void => thread.postMessage(message);
    let giveBack: (() => void) | null = null;
    const lend = (): Promise<void> =>
      new Promise((resolve) => {
        giveBack = resolve;
        send({ kind: "taken" });
      });
    thread.on("message", (message: FromThread) => {
      switch (message.kind) {
        case "take":
          void lendWriting?.(lend);
          break;
        case "give":
          giveBack?.();
          giveBack = null;
          break;
        case "eventsStored":
          signals.eventsStored(message.partner);
          break;
        default:
          message satisfies never;
      }
    });
    thread.on("error", (error) => {
      log.error({ err: error }, "the clockwork's thread failed; it is started again");
    });
    await new Promise((resolve) => thread.once("exit", resolve));
    // What it had begun is rolled back with its connection; the right to write must not end with it.
    worker = null;
    (giveBack as (() => void) | null)?.();
  }
  async function runOn(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      await runOnce();
      // The wait may be cut short by the end, which is what it is for.
      await delay(restartMs, null, { signal }).catch(() => {});
    }
  }
  const running = runOn();
  return {
    async stop() {
      stopping.abort();
      const stop: ToThread = { kind: "stop" };
      worker?.postMessage(stop);
      await running;
    },
  };
}
