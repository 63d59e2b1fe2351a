import { createReadStream } from "node:fs";
import { parseNotedHead } from "../record/noted-head.ts";
import { verifyExport, type ExportVerification } from "../record/verify-export.ts";
import {
  isIntact,
  verifyRecord,
  type NotedHead,
  type Verification,
} from "../record/verify-record.ts";
import { readSecretKey } from "../secrets/find-secret-key.ts";
import { createSealer, type Sealer } from "../secrets/sealer.ts";
import { checkDatabaseExists, checkMigrated } from "../server/check-schema.ts";
import { StartError } from "../server/start-error.ts";
import { readSettings } from "../settings.ts";
import { listOwners } from "./audit-owners.ts";
import { readFlag, UsageError, type Environment, type Flags } from "./command.ts";
import { splitLines } from "./split-lines.ts";
import { useStore } from "./use-store.ts";

/**
 * Checks records, of the database or of an export, names what is wrong with each, and answers 0 where all are intact.
 * It changes nothing.
 */
export async function runAuditVerify(flags: Flags, env: Environment): Promise<number> {
  const file = readFlag(flags, "file");
  const partner = readFlag(flags, "partner");
  const noted = readNoted(readFlag(flags, "head"), partner !== null || file !== null);
  if (file !== null && partner !== null)
    throw new UsageError("--partner chooses a record of the database; a file is checked as it is.");
  const settings = readSettings(env);
  const secretKey = readSecretKey(settings);
  const sealer = secretKey === null ? null : createSealer(secretKey);
  if (file !== null) return verifyFile(file, sealer, noted);
  checkDatabaseExists(settings.databaseUrl);
  if (sealer === null)
    throw new StartError(
      "The secret key is missing, without which seals can't be checked. Set EVERGATE_SECRET_KEY, or restore the key file beside the database.",
    );
  return useStore(settings, async (store) => {
    await checkMigrated(store);
    let code = 0;
    for await (const owner of listOwners(store.reader, partner)) {
      const found = await verifyRecord(store.reader, sealer, owner, noted);
      print(owner, found, true);
      if (!isIntact(found)) code = 1;
    }
    return code;
  });
}

async function verifyFile(
  file: string,
  sealer: Sealer | null,
  noted: NotedHead | null,
): Promise<number> {
  let code = 0;
  for await (const found of verifyExport(splitLines(readText(file)), sealer, noted)) {
    print(found.owner, found, found.isSealChecked);
    // Somebody without the key can't look at seals; what they can check is all they asked for.
    if (found.faultCount > 0 || (sealer !== null && !isIntact(found))) code = 1;
  }
  return code;
}

async function* readText(file: string): AsyncGenerator<string, void, void> {
  try {
    for await (const chunk of createReadStream(file, "utf8")) yield String(chunk);
  } catch (error) {
    throw new StartError(`The file ${file} can't be read: ${toReason(error)}.`, { cause: error });
  }
}

function toReason(error: unknown): string {
  const code: unknown = Reflect.get(Object(error), "code");
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a directory";
  if (code === "EACCES" || code === "EPERM") return "there is no right to do it";
  return error instanceof Error ? error.message : String(error);
}

function readNoted(text: string | null, isOne: boolean): NotedHead | null {
  if (text === null) return null;
  if (!isOne) throw new UsageError("--head is of one record: name it by --partner.");
  const noted = parseNotedHead(text);
  if (noted === null) throw new UsageError("--head is <position>:<hash>, as it was printed.");
  return noted;
}

function print(
  owner: string,
  found: Verification | ExportVerification,
  isSealChecked: boolean,
): void {
  const lines = [
    `${owner}: ${found.entries} entries, ${found.faultCount === 0 ? (found.key === "differs" ? "no fault in the chain alone" : "no fault") : `${found.faultCount} faults`}${found.head === null ? "" : `, head ${found.head.position}:${found.head.hash}`}`,
  ];
  if (found.pending > 0) lines.push(`  ${found.pending} more wait for their link`);
  if (found.key === "differs") lines.push(`  ${keyDiffers}`);
  else if (!isSealChecked && found.key !== "unused") lines.push(`  ${keyMissing}`);
  if (found.sealedFrom > 1)
    lines.push(`  sealed from ${found.sealedFrom} on; before, with a key that is lost`);
  for (const { kind, position, entry, subject } of found.faults)
    lines.push(
      `  ${kind.padEnd(8)}  ${String(position ?? "-").padStart(8)}  ${subject ?? entry ?? "-"}`,
    );
  if (found.faultCount > found.faults.length)
    lines.push(`  and ${found.faultCount - found.faults.length} more`);
  process.stdout.write(`${lines.join("\n")}\n`);
}

const keyDiffers =
  "seals can't be checked with this EVERGATE_SECRET_KEY, only the chain was: who can write to the database can make a chain anew, and can name another key here to hide it. Restore the key. evergate audit rekey only if you know that it was you who changed it";
const keyMissing =
  "its seals were not checked, for want of EVERGATE_SECRET_KEY: a chain made anew as a whole shows only by a head that was noted (--head)";
