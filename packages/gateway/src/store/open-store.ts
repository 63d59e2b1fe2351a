import { fileURLToPath } from "node:url";
import { openPostgres } from "./open-postgres.ts";
import { openSqlite } from "./open-sqlite.ts";
import type { Store } from "./store.ts";

/**
 * Opens the database that a URL names: `postgres://…` or `file:…` (`file:./evergate.db`, `file:///var/lib/evergate.db`).
 * Throws a `TypeError` for any other URL, and `StoreUnavailableError` where an SQLite file can't be opened.
 */
export function openStore(url: string, options: { poolSize?: number } = {}): Store {
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(url, options.poolSize ?? 10);
  if (url.startsWith("file:")) return openSqlite(toPath(url));
  throw new TypeError(`Not a database URL: "${url}". Use file:<path> for SQLite or postgres://… for PostgreSQL.`);
}

/** `file:./x.db` is relative to the working directory, as people write it; `file:///x.db` is a proper URL. */
export function toPath(url: string): string {
  return url.startsWith("file://") ? fileURLToPath(url) : url.slice("file:".length);
}
