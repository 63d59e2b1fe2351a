import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What went from a gateway to its database, over all of its threads. */
export interface Watched {
  /** How often each text was carried out. */
  readonly statements: ReadonlyMap<string, number>;
  /** When the transaction that stored an event was committed, in milliseconds of the monotonic clock. */
  readonly commits: ReadonlyMap<string, number>;
}

/** Options for Node under which a gateway writes down what goes to its database. */
export const watchOptions: readonly string[] = [
  "--import",
  fileURLToPath(new URL("watch-database-process.ts", import.meta.url)),
];

/** Reads what a gateway that ran with {@link watchOptions} and `BENCH_WATCH_FILE` has written. */
export function readWatched(file: string): Watched {
  const statements = new Map<string, number>();
  const commits = new Map<string, number>();
  for (const name of readdirSync(dirname(file))) {
    if (!name.startsWith(`${basename(file)}.`)) continue;
    for (const line of readFileSync(join(dirname(file), name), "utf8").split("\n")) {
      if (line === "") continue;
      const part = JSON.parse(line) as {
        readonly counts: readonly (readonly [string, number])[];
        readonly commits: readonly (readonly [string, number])[];
      };
      for (const [text, count] of part.counts)
        statements.set(text, (statements.get(text) ?? 0) + count);
      for (const [event, atMs] of part.commits) commits.set(event, atMs);
    }
  }
  return { statements, commits };
}

export function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
