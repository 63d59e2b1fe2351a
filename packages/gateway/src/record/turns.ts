import { ProblemError } from "../app/problem.ts";

/** Lets few work at once; others wait for their turn, in the order in which they came. */
export interface Turns {
  /** Throws `unavailable` where too many wait already. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** `atOnce` work at the most, and `waiting` wait. */
export function createTurns(atOnce: number, waiting: number): Turns {
  const queue: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      if (running < atOnce) running += 1;
      else if (queue.length < waiting)
        // Whoever ends hands its place on.
        await new Promise<void>((resolve) => queue.push(resolve));
      else
        throw new ProblemError(
          "unavailable",
          `${running} records are being verified, and ${queue.length} more wait for it. Try again later.`,
          [],
          { retryAfterSeconds: 5 },
        );
      try {
        return await work();
      } finally {
        const next = queue.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}
