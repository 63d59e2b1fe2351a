import { toInstant } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { createSealer } from "../secrets/sealer.ts";
import { runWritingThread } from "../store/run-writing-thread.ts";
import { createLog } from "../telemetry/create-log.ts";
import { runClockwork } from "./run-clockwork.ts";

// The clockwork's own thread, beside the one that answers requests. It says whose events were stored.

await runWritingThread<never, PartnerId>((store, { secretKey, logLevel }, say) =>
  runClockwork({
    store,
    sealer: createSealer(secretKey),
    log: createLog(logLevel),
    now: () => toInstant(Date.now()),
    signals: { eventsStored: say },
  }),
);
