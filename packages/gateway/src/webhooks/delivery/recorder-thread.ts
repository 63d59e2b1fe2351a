import { toInstant } from "@evergate/core";
import { createSealer } from "../../secrets/sealer.ts";
import { runWritingThread } from "../../store/run-writing-thread.ts";
import { createLog } from "../../telemetry/create-log.ts";
import { createAttemptRecorder } from "./attempt-recorder.ts";
import { deliveryDefaults } from "./delivery-options.ts";
import type { RecorderAsked, RecorderSaid } from "./recorder-messages.ts";

// The thread that records attempts, beside the one that makes them. It says which are stored.

await runWritingThread<RecorderAsked, RecorderSaid>(
  (store, { secretKey, logLevel }, say) => {
    const recorder = createAttemptRecorder(
      {
        store,
        sealer: createSealer(secretKey),
        log: createLog(logLevel),
        now: () => toInstant(Date.now()),
      },
      deliveryDefaults.lookEveryMs,
    );
    const underWay = new Set<Promise<void>>();
    let said: [number, boolean][] = [];
    /** Those of a batch are said together. */
    function sayNow(): void {
      say(said);
      said = [];
    }
    async function record([id, attempt]: RecorderAsked["attempts"][number]): Promise<void> {
      const isStored = await recorder.record(attempt);
      if (said.length === 0) setImmediate(sayNow);
      said.push([id, isStored]);
    }
    // It is ready.
    sayNow();
    return {
      hear({ attempts, isHurried }) {
        if (isHurried) recorder.hurry();
        for (const attempt of attempts) {
          const recording = record(attempt).finally(() => underWay.delete(recording));
          underWay.add(recording);
        }
      },
      async stop() {
        await Promise.all(underWay);
      },
    };
  },
  { isCheckpointedElsewhere: true },
);
