import type SqliteDatabase from "better-sqlite3";
import type { WritingTurns } from "./open-sqlite.ts";

/** How often what has been written meanwhile, also by others, is taken over from the log into the database file. */
const everyMs = 1_000;
/** About 16 MiB of a month's close: pages that change again and again are written once. */
const turnsBetween = 12;
/** Where writers have never left a gap for a new log, the next checkpoint makes one: 160 MiB. */
const longLogPages = 40_000;

export interface Checkpoints {
  /** A turn of writing is over. */
  noteTurn(): Promise<void>;
  stop(): void;
}

/**
 * Makes the checkpoints of the whole process in a thread that answers no request, and between its turns of writing: SQLite
 * would make them inside whichever commit fills the log, and everybody would wait for it.
 */
export function keepCheckpoints(
  database: SqliteDatabase.Database,
  turns: WritingTurns,
): Checkpoints {
  let count = 0;
  const checkpoint = (mode: "passive" | "truncate"): number => {
    if (!database.open || database.inTransaction) return 0;
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- SQLite's answer: busy, pages in the log, pages taken over
      const [result] = database.pragma(`wal_checkpoint(${mode})`) as { readonly log: number }[];
      return result?.log ?? 0;
    } catch {
      // A full disk, say: nothing is lost by it, the log only stays longer, and whoever writes hears of it.
      return 0;
    }
  };
  const noteTurn = async (): Promise<void> => {
    count += 1;
    if (count % turnsBetween !== 0 || checkpoint("passive") < longLogPages) return;
    await turns.take();
    try {
      checkpoint("truncate");
    } finally {
      turns.give();
    }
  };
  const timer = setInterval(() => checkpoint("passive"), everyMs);
  return { noteTurn, stop: () => clearInterval(timer) };
}
