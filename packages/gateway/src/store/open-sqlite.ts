import { closeSync, openSync } from "node:fs";
import SqliteDatabase from "better-sqlite3";
import { Kysely } from "kysely";
import type { Database } from "./schema.ts";
import { keepCheckpoints } from "./keep-checkpoints.ts";
import { shareSnapshot } from "./shared-snapshot.ts";
import { sqliteDialect } from "./sqlite-driver.ts";
import { StoreUnavailableError, type Store, type Transaction } from "./store.ts";
import { translateSqliteError } from "./translate-error.ts";

/** As many transactions as share one commit at the most: a bound on how much one failing commit takes down. */
const maximumShared = 128;

/** How long a lock of another process (a command-line call beside the server) is waited for. */
const busyTimeoutMs = 2_000;

/** SQLite's own 2 MiB hold the indexes of a few thousand subscriptions only; then every random key is a read. */
const cacheKib = 65_536;

const smallCacheKib = 2_048;

/** A checkpoint writes every page that changed once, however often it did: 16 MiB of log are worth four times fewer of them. */
const checkpointPages = 4_000;

/** Where a thread beside this one makes the checkpoints, they are made here only should it have failed for long. */
const checkpointPagesBesideThread = 64_000;

/** The right to write, where several connections of one process share it in turns instead of waiting for SQLite's lock, which would block their threads. */
export interface WritingTurns {
  take(): Promise<void>;
  give(): void;
}

export interface SqliteOptions {
  /** Whose turns the transactions wait for; null where this is the connection that others borrow from. */
  readonly turns?: WritingTurns | null;
  /** Another thread of this process makes the checkpoints. */
  readonly isCheckpointedElsewhere?: boolean;
}

interface Job {
  readonly work: (tx: Transaction) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens (and makes, where missing) an SQLite file: write-ahead log, `synchronous=FULL`,
 * one connection that writes and one that reads.
 *
 * Transactions queue up; those that wait together run one after another, each in a savepoint, and share one commit.
 * Nobody is answered before that commit is on disk.
 */
export function openSqlite(path: string, options: SqliteOptions = {}): Store {
  const turns = options.turns ?? null;
  const writing = openConnection(path);
  const reading = openConnection(path);
  // A thread that works for the clock reads in its transactions; beside them it only asks what is due.
  if (turns !== null) reading.pragma(`cache_size = -${smallCacheKib}`);
  if (turns !== null || options.isCheckpointedElsewhere === true)
    writing.pragma(`wal_autocheckpoint = ${checkpointPagesBesideThread}`);
  // Nothing can be written by mistake where only reading is meant.
  reading.pragma("query_only = on");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the only place where a transaction's type is given
  const tx = new Kysely<Database>({ dialect: sqliteDialect(writing) }) as Transaction;
  const snapshot = shareSnapshot(reading);
  const reader = new Kysely<Database>({ dialect: sqliteDialect(reading, snapshot.begin) });
  const bounds = prepareBounds(writing);
  const checkpoints =
    turns === null || options.isCheckpointedElsewhere === true
      ? null
      : keepCheckpoints(writing, turns);
  const jobs: Job[] = [];
  const loans: (() => Promise<void>)[] = [];
  let running: Promise<void> | null = null;

  async function runAll(): Promise<void> {
    // Requests that have arrived together are parsed before the first of them writes.
    if (jobs.length > 0) await new Promise((resolve) => setImmediate(resolve));
    while (jobs.length > 0 || loans.length > 0) {
      if (jobs.length > 0) await runInTurn();
      await loans.shift()?.();
    }
    running = null;
  }
  async function runInTurn(): Promise<void> {
    await turns?.take();
    try {
      await runShared(writing, bounds, tx, jobs.splice(0, maximumShared), snapshot.end);
    } finally {
      turns?.give();
    }
    await checkpoints?.noteTurn();
  }

  return {
    dialect: "sqlite",
    reader,
    transaction: (work) =>
      new Promise((resolve, reject) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a job's result goes back to the caller who gave the work
        jobs.push({ work, resolve: resolve as (value: unknown) => void, reject });
        running ??= runAll();
      }),
    lendWriting: (use) =>
      new Promise((resolve) => {
        loans.push(async () => {
          await use();
          // What another connection has written is seen by whoever reads from here on.
          snapshot.end();
          resolve();
        });
        running ??= runAll();
      }),
    translate: translateSqliteError,
    close: async () => {
      await running;
      checkpoints?.stop();
      await reader.destroy();
      await tx.destroy();
    },
  };
}

function openConnection(path: string): SqliteDatabase.Database {
  try {
    makeFile(path);
    const database = new SqliteDatabase(path, { timeout: busyTimeoutMs });
    database.pragma("journal_mode = wal");
    database.pragma("synchronous = full");
    database.pragma("foreign_keys = on");
    database.pragma(`cache_size = -${cacheKib}`);
    database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    return database;
  } catch (error) {
    throw new StoreUnavailableError(
      `Could not open the database file ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/**
 * Makes the file where there is none: a partner's data is its owner's only, and SQLite gives its log the rights of the file.
 * One that is there is never opened by us: to close any descriptor of it would take away all locks that this process's
 * connections hold on it (POSIX), and another program's SQLite would take the database for one that nobody uses.
 */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

type Bounds = Readonly<Record<"begin" | "enter" | "leave" | "commit", SqliteDatabase.Statement>>;

function prepareBounds(database: SqliteDatabase.Database): Bounds {
  return {
    begin: database.prepare("begin immediate"),
    enter: database.prepare("savepoint job"),
    leave: database.prepare("release job"),
    commit: database.prepare("commit"),
  };
}

/** Runs the jobs in one transaction. A job that fails is rolled back alone; when the commit fails, all of them have failed. */
async function runShared(
  database: SqliteDatabase.Database,
  bounds: Bounds,
  tx: Transaction,
  jobs: readonly Job[],
  committed: () => void,
): Promise<void> {
  const done: (() => void)[] = [];
  const rejected = new Set<Job>();
  try {
    bounds.begin.run();
    for (const job of jobs) {
      bounds.enter.run();
      try {
        const value = await job.work(tx);
        bounds.leave.run();
        done.push(() => job.resolve(value));
      } catch (error) {
        // A full disk makes SQLite roll the whole transaction back by itself: then everyone in it has failed.
        if (!database.inTransaction) throw error;
        database.exec("rollback to job; release job");
        rejected.add(job);
        job.reject(error);
      }
    }
    bounds.commit.run();
    committed();
  } catch (error) {
    for (const job of jobs) if (!rejected.has(job)) job.reject(error);
    rollBack(database);
    return;
  }
  for (const answer of done) answer();
}

/** Nobody waits for its outcome: where it fails, the next transaction can't begin and says so. */
function rollBack(database: SqliteDatabase.Database): void {
  try {
    if (database.open && database.inTransaction) database.exec("rollback");
  } catch {
    // The jobs have been told already what was the matter.
  }
}
