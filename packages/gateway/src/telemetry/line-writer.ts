import { writeSync } from "node:fs";
import type { DestinationStream } from "pino";

export interface LineWriter extends DestinationStream {
  /** Writes what waits, for at most `flushMs`, and gives up the rest. pino calls it after a fatal line. */
  flushSync(): void;
}

/** Who doesn't take the last lines in this time won't take them: the end of the process must not hang on its reader. */
const flushMs = 500;
/** The characters that may wait for a reader who stands still; lines beyond are lost, the gateway is not. */
const mostWaiting = 16_777_216;
/** How long a full pipe gets to be read from before it is tried again. */
const retryMs = 20;

/**
 * Writes lines to a descriptor that does not block: those of one turn of the event loop go out with one call.
 * Whether somebody reads them is not its business: a reader that has gone costs the lines and nothing else. pino's own
 * destination tries again at the exit until it succeeds, which after the reader has gone is never.
 */
export function createLineWriter(fd: number): LineWriter {
  let waiting: string[] = [];
  let waitingLength = 0;
  let rest: Buffer = Buffer.alloc(0);
  let isScheduled = false;
  let isGone = false;

  /** Answers whether nothing waits any more. */
  const writeWaiting = (): boolean => {
    try {
      for (;;) {
        if (rest.byteLength === 0) {
          if (waiting.length === 0) return true;
          rest = Buffer.from(waiting.join(""));
          waiting = [];
          waitingLength = 0;
        }
        rest = rest.subarray(writeSync(fd, rest));
      }
    } catch (error) {
      // A full pipe may be read from, and a full disk have room again; a broken pipe stays broken.
      isGone = error instanceof Error && "code" in error && error.code === "EPIPE";
      if (!isGone) return false;
      rest = Buffer.alloc(0);
      waiting = [];
      return true;
    }
  };
  const writeScheduled = (): void => {
    isScheduled = !writeWaiting();
    if (isScheduled) setTimeout(writeScheduled, retryMs).unref();
  };

  return {
    write(line) {
      if (isGone || waitingLength > mostWaiting) return;
      waiting.push(line);
      waitingLength += line.length;
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(writeScheduled);
    },
    flushSync() {
      const giveUpAt = performance.now() + flushMs;
      while (!writeWaiting() && performance.now() < giveUpAt) sleep(retryMs);
    },
  };
}

/** Sleeps without the event loop, which no longer turns when a process exits. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
