import { RowsLockedError, StoreUnavailableError, UniqueViolationError } from "./store.ts";

/** Turns better-sqlite3's errors into the store's; others pass unchanged. */
export function translateSqliteError(error: unknown): unknown {
  const code = readCode(error);
  if (code === "SQLITE_CONSTRAINT_UNIQUE" || code === "SQLITE_CONSTRAINT_PRIMARYKEY")
    return new UniqueViolationError(toConstraint(error), error);
  if (/^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|NOMEM)/.test(code) || isClosed(error))
    return new StoreUnavailableError(`The database can't be used now (${code || "closed"}).`, {
      cause: error,
    });
  return error;
}

/** Turns pg's errors into the store's; others pass unchanged. */
export function translatePostgresError(error: unknown): unknown {
  const code = readCode(error);
  if (code === "23505") return new UniqueViolationError(readText(error, "constraint"), error);
  if (code === "55P03")
    return new RowsLockedError("The database has it locked for somebody else.", { cause: error });
  // Connection lost (08), a standby (25006), idle in a transaction for too long (25P03), given up for others again and again (40), out of resources (53),
  // an answer that did not come in time (57014), shut down or starting (57P), disk and system errors (58),
  // and the socket's own.
  if (
    /^(08|25006|25P03|40001|40P01|53|57014|57P|58)/.test(code) ||
    /^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|NOTFOUND|HOSTUNREACH|AI_AGAIN)$/.test(code) ||
    isConnectionLoss(error)
  )
    return new StoreUnavailableError(
      `The database can't be reached now (${code || "connection lost"}).`,
      { cause: error },
    );
  return error;
}

/** Whether PostgreSQL gave the transaction up for another's sake and running it again is right. */
export function isTransient(error: unknown): boolean {
  const code = readCode(error);
  return code === "40001" || code === "40P01";
}

function readCode(error: unknown): string {
  return readText(error, "code");
}

function readText(error: unknown, name: string): string {
  if (typeof error !== "object" || error === null) return "";
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : "";
}

/** better-sqlite3's own words for a closed file, and Kysely's for a store that is closed. */
function isClosed(error: unknown): boolean {
  return (
    error instanceof Error &&
    /database connection is not open|driver has already been destroyed/.test(error.message)
  );
}

function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof Error &&
    /connection (terminated|ended|timeout|error and is not queryable)|timeout exceeded when trying to connect|pool after calling end|driver has already been destroyed/i.test(
      error.message,
    )
  );
}

/** SQLite names columns ("UNIQUE constraint failed: products.code") or an index ("… failed: index 'name'"). */
function toConstraint(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  return message.replace(/^UNIQUE constraint failed: /, "");
}
