import { parentPort, workerData } from "node:worker_threads";
import type { SqliteOptions, WritingTurns } from "./open-sqlite.ts";
import { openStore } from "./open-store.ts";
import type { Store } from "./store.ts";
import type { FromThread, ThreadData, ToThread } from "./writing-thread-messages.ts";

/** What a thread's program makes of what it is given. */
export interface ThreadWork<Asked> {
  hear?(asked: Asked): void;
  /** Resolves once nothing is under way any more. */
  stop(): Promise<void>;
}

/**
 * The program of a thread that {@link startWritingThread} has started: opens the store with the right to write in turns,
 * begins the work, and ends both when it is told to.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what a thread says is named where it begins
export async function runWritingThread<Asked, Said>(
  begin: (store: Store, data: ThreadData, say: (said: Said) => void) => ThreadWork<Asked>,
  options: Pick<SqliteOptions, "isCheckpointedElsewhere"> = {},
): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("This is a thread of the gateway, no program of its own.");
  const send = (message: FromThread<Said>): void => port.postMessage(message);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- given by startWritingThread
  const data = workerData as ThreadData;
  let taken: (() => void) | null = null;
  const turns: WritingTurns = {
    take: () =>
      new Promise((resolve) => {
        taken = resolve;
        send({ kind: "take" });
      }),
    give: () => send({ kind: "give" }),
  };
  const store = await openStore(data.databaseUrl, { ...options, turns });
  const work = begin(store, data, (said) => send({ kind: "said", said }));

  async function stop(): Promise<void> {
    await work.stop();
    await store.close();
    port?.close();
  }
  // What was sent meanwhile has been kept.
  port.on("message", (message: ToThread<Asked>) => {
    switch (message.kind) {
      case "taken":
        taken?.();
        break;
      case "stop":
        void stop();
        break;
      case "asked":
        work.hear?.(message.asked);
        break;
      default:
        message satisfies never;
    }
  });
}
