import { readSettings } from "../settings.ts";
import { migrate } from "../store/migrate.ts";
import type { Environment } from "./command.ts";
import { useStore } from "./use-store.ts";

/** Brings the database to this version's schema, and makes an SQLite file where there is none. */
export async function runMigrate(env: Environment): Promise<number> {
  const applied = await useStore(readSettings(env), migrate);
  process.stdout.write(
    applied.length === 0 ? "The database is up to date.\n" : `Migrated: ${applied.join(", ")}.\n`,
  );
  return 0;
}
