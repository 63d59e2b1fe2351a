import { ProblemError } from "../app/problem.ts";

/** How many PDFs are made at the same time, and how many wait; each holds its fonts' glyphs and a page in memory. */
export interface PressSize {
  readonly atOnce: number;
  readonly waiting: number;
  /** How many of one owner wait, so that nobody fills the queue. */
  readonly waitingOfOne: number;
}

/** Gives out the places in which PDFs are made. */
export interface Press {
  /** Waits for a place, and answers how to leave it. Fails with `unavailable` where too many wait already. */
  enter(owner: string): Promise<() => void>;
}

interface Waiting {
  readonly owner: string;
  begin(): void;
}

/** Of one owner there is never more than one at once: who reads slowly keeps only its own documents waiting. */
export function createPress({ atOnce, waiting, waitingOfOne }: PressSize): Press {
  const making = new Set<string>();
  const queue: Waiting[] = [];
  const begin = (owner: string): (() => void) => {
    making.add(owner);
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      making.delete(owner);
      const next = queue.findIndex((it) => !making.has(it.owner));
      if (next !== -1) queue.splice(next, 1)[0]?.begin();
    };
  };
  return {
    async enter(owner) {
      if (making.size < atOnce && !making.has(owner)) return begin(owner);
      const ofOne = queue.filter((it) => it.owner === owner).length;
      if (queue.length >= waiting || ofOne >= waitingOfOne)
        throw new ProblemError(
          "unavailable",
          "Too many PDFs are asked for at the moment. Ask for this one a little later.",
          [],
          { retryAfterSeconds: 5 },
        );
      return new Promise((resolve) => {
        queue.push({ owner, begin: () => resolve(begin(owner)) });
      });
    },
  };
}
