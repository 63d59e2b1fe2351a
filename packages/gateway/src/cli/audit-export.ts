import { once } from "node:events";
import { checkDatabaseExists, checkMigrated } from "../server/check-schema.ts";
import { readSettings } from "../settings.ts";
import { renderExport } from "../record/export-record.ts";
import { listOwners } from "./audit-owners.ts";
import { readFlag, type Environment, type Flags } from "./command.ts";
import { useStore } from "./use-store.ts";

/** Writes records with their chains to standard output, as JSON Lines: one partner's, or all, the operator's first. */
export async function runAuditExport(flags: Flags, env: Environment): Promise<number> {
  const settings = readSettings(env);
  checkDatabaseExists(settings.databaseUrl);
  await useStore(settings, async (store) => {
    await checkMigrated(store);
    for await (const owner of listOwners(store.reader, readFlag(flags, "partner")))
      for await (const chunk of renderExport(store.reader, owner)) await print(chunk);
  });
  // The process ends when this is answered: what is still on its way would be lost.
  await new Promise((resolve) => {
    process.stdout.write("", resolve);
  });
  return 0;
}

/** Waits for whoever reads, so that a record of any length needs no more memory than a piece of it. */
async function print(chunk: string): Promise<void> {
  if (!process.stdout.write(chunk)) await once(process.stdout, "drain");
}
