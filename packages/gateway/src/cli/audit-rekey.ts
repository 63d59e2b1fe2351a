import { rekeyRecords } from "../record/rekey-record.ts";
import { findSecretKey } from "../secrets/find-secret-key.ts";
import { createSealer } from "../secrets/sealer.ts";
import { checkDatabaseExists, checkMigrated } from "../server/check-schema.ts";
import { readSettings } from "../settings.ts";
import type { Environment } from "./command.ts";
import { useStore } from "./use-store.ts";

/** Goes on with the record under the present key, where the one that it was sealed with is lost for good. */
export async function runAuditRekey(env: Environment): Promise<number> {
  const settings = readSettings(env);
  checkDatabaseExists(settings.databaseUrl);
  const sealer = createSealer(findSecretKey(settings));
  const count = await useStore(settings, async (store) => {
    await checkMigrated(store);
    return rekeyRecords(store, sealer);
  });
  process.stdout.write(
    count === 0
      ? "Every record is sealed with this key already.\n"
      : `${count} records go on under this key. What they hold already stays protected by its hashes; note their heads.\n`,
  );
  return 0;
}
