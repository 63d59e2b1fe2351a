import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** What a child gets to end by itself before it is killed. */
const stopGraceMs = 10_000;

/** The demo's child processes: none of them outlives it. */
export interface Household {
  /** Takes a child in. `explain` says in a sentence that, and if possible why, it has ended. */
  add(child: ChildProcess, explain: (outcome: string) => string): void;
  /** Rejects when a child ends though nobody has stopped it; never resolves. */
  readonly ended: Promise<never>;
  /** Ends all children, in the order in which they came, and takes in no more. */
  stopAll(): Promise<void>;
}

export function createHousehold(): Household {
  const running = new Set<ChildProcess>();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  // Whoever waits for something races it against this; when nobody does, it is no fault.
  ended.catch(() => {});
  let isClosed = false;
  // Whatever becomes of the demo itself: an exception that nobody caught still comes by here.
  process.once("exit", () => {
    for (const child of running) child.kill("SIGKILL");
  });

  return {
    ended,
    add(child, explain) {
      running.add(child);
      child.once("error", (error) => reject(error));
      child.once("exit", (code, signal) => {
        running.delete(child);
        reject(new Error(explain(code === null ? `by ${signal}` : `with exit code ${code}`)));
      });
      if (isClosed) child.kill("SIGKILL");
    },
    async stopAll() {
      isClosed = true;
      for (const child of running) await stop(child);
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopGraceMs);
  child.kill("SIGTERM");
  await exited;
  clearTimeout(timer);
}
