import type { Kysely } from "kysely";
import type { Database } from "./schema.ts";

export type Dialect = "sqlite" | "postgres";

/** Reads what has been committed. */
export type Reader = Kysely<Database>;

declare const inTransaction: unique symbol;

/** A {@link Reader} inside a transaction: what locks or writes demands one by type. */
export type Transaction = Kysely<Database> & { readonly [inTransaction]: true };

/** One database, embedded or served. */
export interface Store {
  readonly dialect: Dialect;
  readonly reader: Reader;
  /**
   * Runs `work` in one transaction and commits it; when it throws, nothing of it has happened.
   * `work` may be run again after a deadlock, so it must not touch anything but the transaction.
   * On SQLite transactions that wait together share one commit, and `work` must await nothing but the database.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Where only one can write at a time (SQLite), lets another connection of this process write: calls `use` between two
   * commits, and goes on when it has resolved. Null where anybody can write at any time.
   */
  readonly lendWriting: ((use: () => Promise<void>) => Promise<void>) | null;
  /** Says what a database error means: {@link StoreUnavailableError}, {@link UniqueViolationError}, or the error unchanged. */
  translate(error: unknown): unknown;
  close(): Promise<void>;
}

/** The database can't be reached, is full, or stays locked: the caller may try again later. */
export class StoreUnavailableError extends Error {
  override readonly name: string = "StoreUnavailableError";
}

/** Somebody else held what was asked for locked, for longer than the transaction had patience. */
export class RowsLockedError extends StoreUnavailableError {
  override readonly name = "RowsLockedError";
}

/** A unique key refused the row. `constraint` names the table and its columns, or the index, as the database reports it. */
export class UniqueViolationError extends Error {
  override readonly name = "UniqueViolationError";
  readonly constraint: string;

  constructor(constraint: string, cause: unknown) {
    super(`Unique key violated: ${constraint}`, { cause });
    this.constraint = constraint;
  }
}
