import { statSync } from "node:fs";
import { toInstant } from "@evergate/core";
import { sql } from "kysely";
import { checkDatabaseExists, checkMigrated } from "../server/check-schema.ts";
import { createSealer } from "../secrets/sealer.ts";
import { checkRecordKey } from "../server/check-record-key.ts";
import { checkSecretKey } from "../server/check-secret-key.ts";
import { StartError } from "../server/start-error.ts";
import { findSecretKey } from "../secrets/find-secret-key.ts";
import {
  listUnknownVariables,
  readSettings,
  variableGroups,
  variables,
  type Settings,
} from "../settings.ts";
import { hasOperatorKey } from "../store/api-keys.ts";
import { toPath } from "../store/database-url.ts";
import { findNewestRecording } from "../store/newest-entry.ts";
import type { Store } from "../store/store.ts";
import { findSvixBacklog } from "../store/svix-queues.ts";
import type { Environment } from "./command.ts";
import { explainError } from "./explain-error.ts";
import { useStore } from "./use-store.ts";

/** Clocks of two machines that are set by NTP differ by less. */
const maximumClockDifferenceMs = 2_000;

/** Checks what the gateway needs, prints a line for each, and answers 0 where all is well. It changes nothing. */
export async function runDoctor(env: Environment): Promise<number> {
  const examination = examine();
  await examination.check("settings", async () => checkVariables(env));
  if (examination.hasFailed()) return 1;
  const settings = readSettings(env);
  await examination.check("database", async () => {
    checkDatabaseExists(settings.databaseUrl);
    return useStore(settings, async (store) => {
      await sql`select 1`.execute(store.reader);
      return store.dialect === "sqlite" ? "SQLite, can be opened" : "PostgreSQL, answers";
    });
  });
  if (examination.hasFailed()) return 1;
  await useStore(settings, async (store) => {
    await examination.check("schema", async () => {
      await checkMigrated(store);
      return "is this version's";
    });
    if (examination.hasFailed()) return;
    await examination.check("secrets", () => checkSecrets(store, settings));
    await examination.check("operator key", () => checkOperatorKey(store));
    if (settings.svix !== null) await examination.check("svix", () => checkSvix(store));
    await examination.check("clock", () => checkClock(store));
  });
  return examination.hasFailed() ? 1 : 0;
}

interface Examination {
  check(name: string, work: () => Promise<string>): Promise<void>;
  hasFailed(): boolean;
}

function examine(): Examination {
  let hasFailed = false;
  const print = (verdict: string, name: string, text: string): void => {
    process.stdout.write(`${verdict.padEnd(6)}  ${name.padEnd(12)}  ${text}\n`);
  };
  return {
    check: async (name, work) => {
      try {
        print("ok", name, await work());
      } catch (error) {
        hasFailed = true;
        for (const line of explainError(error).split("\n")) print("failed", name, line);
      }
    },
    hasFailed: () => hasFailed,
  };
}

/** Some variables need others; the rest stand each by itself. */
const groups: readonly (readonly string[])[] = [
  ...variableGroups,
  ...variables
    .filter((name) => !variableGroups.some((group) => group.includes(name)))
    .map((name) => [name]),
];

/** Each by itself, so that all that are wrong are told at once; and whatever looks like one and isn't. */
function checkVariables(env: Environment): string {
  const faults: string[] = [];
  for (const names of groups) {
    try {
      readSettings(Object.fromEntries(names.map((name) => [name, env[name]])));
    } catch (error) {
      faults.push(explainError(error));
    }
  }
  for (const name of listUnknownVariables(env))
    faults.push(`${name} is no setting; there are ${variables.join(", ")}.`);
  if (faults.length > 0) throw new StartError(faults.join("\n"));
  const set = variables.filter((name) => (env[name] ?? "") !== "");
  return set.length === 0 ? "all by default" : `${set.join(", ")}; the rest by default`;
}

async function checkSecrets(store: Store, settings: Settings): Promise<string> {
  checkKeyFile(settings);
  await checkRecordKey(store, createSealer(findSecretKey(settings)));
  const now = toInstant(Temporal.Now.instant().epochMilliseconds);
  const verdict = await checkSecretKey(store, findSecretKey(settings), now);
  if (verdict === "differs")
    throw new StartError(
      "The secret key is not the one that this database's webhook secrets and signing keys were sealed with. Restore EVERGATE_SECRET_KEY, or the key file beside the database.",
    );
  return verdict === "fits"
    ? "the key opens what is stored"
    : "there is a key, and nothing is stored under it yet";
}

/** The server would make a missing file; a doctor must not, and the one that is missing may be needed. */
function checkKeyFile({ databaseUrl, secretKey }: Settings): void {
  if (secretKey !== null || !databaseUrl.startsWith("file:")) return;
  const path = `${toPath(databaseUrl)}.key`;
  const file = statSync(path, { throwIfNoEntry: false });
  if (file === undefined)
    throw new StartError(
      `The key file ${path} is missing. Restore it, or set EVERGATE_SECRET_KEY.`,
    );
  // Windows has no such bits.
  if (process.platform !== "win32" && (file.mode & 0o077) !== 0)
    throw new StartError(
      `The key file ${path} can be read by others. Correct it with: chmod 600 ${path}`,
    );
}

async function checkOperatorKey(store: Store): Promise<string> {
  if (await hasOperatorKey(store.reader, toInstant(Temporal.Now.instant().epochMilliseconds)))
    return "there is one";
  throw new StartError(
    "No operator's key works. Make one with: evergate keys create --kind operator",
  );
}

async function checkSvix(store: Store): Promise<string> {
  const backlog = await findSvixBacklog(store.reader);
  if (backlog === null) return "is set, and gets what happens from the first start on";
  const { waiting, refused } = backlog;
  const counted = waiting === 1 ? "1 event waits" : `${waiting} events wait`;
  if (refused === null) return `${counted} to be handed over; none was refused`;
  throw new StartError(
    `${counted} to be handed over. ${refused.event} was not accepted: ${refused.error}`,
  );
}

/** Charges and trials follow the clock: it must agree with the database's, and not be behind what was recorded. */
async function checkClock(store: Store): Promise<string> {
  const now = Temporal.Now.instant().epochMilliseconds;
  const newest = await findNewestRecording(store.reader);
  if (newest !== null && newest > now + maximumClockDifferenceMs)
    throw new StartError(
      `This machine's clock is behind the newest record (${Temporal.Instant.fromEpochMilliseconds(newest).toString()}). Set it.`,
    );
  if (store.dialect === "sqlite") return "is not behind the newest record";
  const { rows } = await sql<{
    ms: number;
  }>`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`.execute(store.reader);
  const differenceMs = Math.round((rows[0]?.ms ?? now) - now);
  if (Math.abs(differenceMs) > maximumClockDifferenceMs)
    throw new StartError(
      `This machine's clock and the database's differ by ${Math.abs(differenceMs) / 1_000} s. Set them by NTP.`,
    );
  return `differs from the database's by ${Math.abs(differenceMs)} ms`;
}
