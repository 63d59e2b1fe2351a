import { toPath } from "./database-url.ts";
import type { SqliteOptions } from "./open-sqlite.ts";
import type { Store } from "./store.ts";

/**
 * Opens the database that a URL names: `postgres://…` or `file:…` (`file:./evergate.db`, `file:///var/lib/evergate.db`).
 * Throws a `TypeError` for any other URL, and `StoreUnavailableError` where an SQLite file can't be opened.
 * Only the driver that is needed is loaded.
 */
export async function openStore(
  url: string,
  options: { readonly poolSize?: number } & SqliteOptions = {},
): Promise<Store> {
  if (/^postgres(ql)?:\/\//.test(url)) {
    const { openPostgres } = await import("./open-postgres.ts");
    return openPostgres(url, options.poolSize ?? 10);
  }
  if (url.startsWith("file:")) {
    const { openSqlite } = await import("./open-sqlite.ts");
    return openSqlite(toPath(url), options);
  }
  throw new TypeError(
    `Not a database URL: "${url}". Use file:<path> for SQLite or postgres://… for PostgreSQL.`,
  );
}
