import { parentPort, workerData } from "node:worker_threads";
import { toInstant } from "@evergate/core";
import { createSealer } from "../secrets/sealer.ts";
import type { WritingTurns } from "../store/open-sqlite.ts";
import { openStore } from "../store/open-store.ts";
import { createLog } from "../telemetry/create-log.ts";
import { runClockwork } from "./run-clockwork.ts";
import type { FromThread, ThreadData, ToThread } from "./thread-messages.ts";

// The clockwork's own thread, beside the one that answers requests.

const port = parentPort;
if (port === null) throw new Error("This is a thread of the gateway, no program of its own.");
const send = (message: FromThread): void => port.postMessage(message);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- given by startClockworkThread
const { databaseUrl, secretKey, logLevel } = workerData as ThreadData;

let taken: (() => void) | null = null;
const turns: WritingTurns = {
  take: () =>
    new Promise((resolve) => {
      taken = resolve;
      send({ kind: "take" });
    }),
  give: () => send({ kind: "give" }),
};
const store = await openStore(databaseUrl, { turns });
const clockwork = runClockwork({
  store,
  sealer: createSealer(secretKey),
  log: createLog(logLevel),
  now: () => toInstant(Temporal.Now.instant().epochMilliseconds),
  signals: { eventsStored: (partner) => send({ kind: "eventsStored", partner }) },
});

async function stop(): Promise<void> {
  await clockwork.stop();
  await store.close();
  port?.close();
}

port.on("message", (message: ToThread) => {
  switch (message.kind) {
    case "taken":
      taken?.();
      break;
    case "stop":
      void stop();
      break;
    default:
      message satisfies never;
  }
});
