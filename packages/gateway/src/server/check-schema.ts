import { existsSync } from "node:fs";
import { isMigrated } from "../store/migrate.ts";
import { toPath } from "../store/database-url.ts";
import type { Store } from "../store/store.ts";
import { StartError } from "./start-error.ts";

/** Throws {@link StartError} where an SQLite file is not there: opening it would make an empty one. */
export function checkDatabaseExists(databaseUrl: string): void {
  if (databaseUrl.startsWith("file:") && !existsSync(toPath(databaseUrl)))
    throw new StartError(
      `There is no database ${toPath(databaseUrl)} yet (EVERGATE_DATABASE_URL). Make it with: evergate migrate`,
    );
}

/** Throws {@link StartError} where the database lacks what this program needs, `NewerSchemaError` where it has more. */
export async function checkMigrated(store: Store): Promise<void> {
  if (!(await isMigrated(store)))
    throw new StartError(
      "The database has not been migrated to this version of Evergate. Do it with: evergate migrate",
    );
}
