import { formatInstant, toInstant } from "@evergate/core";
import { findSecretKey } from "../secrets/find-secret-key.ts";
import { createSealer } from "../secrets/sealer.ts";
import { createSecretBox } from "../secrets/secret-box.ts";
import { checkRecordKey } from "../server/check-record-key.ts";
import { checkDatabaseExists, checkMigrated } from "../server/check-schema.ts";
import { StartError } from "../server/start-error.ts";
import { readSettings } from "../settings.ts";
import type { Transaction } from "../store/store.ts";
import { listSigningKeys, type SigningKey } from "../store/webhook-signing-keys.ts";
import {
  retireSigningKey,
  rollSigningKeys,
  SigningKeyRefusal,
  type KeyChange,
} from "../webhooks/signing/change-signing-keys.ts";
import { readFlag, UsageError, type Environment, type Flags } from "./command.ts";
import { findUser } from "./find-user.ts";
import { useStore } from "./use-store.ts";

const msPerDay = 86_400_000;
/** Receivers that have written a key into their settings want time to write the next one; a quarter is ample. */
const defaultOverlapDays = 7;
const maximumOverlapDays = 90;

/** So many are listed, newest last. */
const mostListed = 20;

/** Lists the keys with which the gateway signs deliveries, and those that have ended. */
export async function runListWebhookKeys(env: Environment): Promise<number> {
  const settings = readSettings(env);
  checkDatabaseExists(settings.databaseUrl);
  const keys = await useStore(settings, async (store) => {
    await checkMigrated(store);
    return listSigningKeys(store.reader, mostListed);
  });
  if (keys.length === 0) process.stderr.write("There is no key yet; the server makes the first.\n");
  const now = Temporal.Now.instant().epochMilliseconds;
  for (const key of keys) process.stdout.write(`${describeKey(key, now)}\n`);
  return 0;
}

/** Makes a new key; those before it go on signing beside it for a while. Prints the new public key. */
export async function runRollWebhookKeys(flags: Flags, env: Environment): Promise<number> {
  const overlapDays = readOverlapDays(flags);
  const key = await changeKeys(env, (tx, change) =>
    rollSigningKeys(tx, change, overlapDays * msPerDay),
  );
  process.stderr.write(
    overlapDays === 0
      ? `Made ${key.id}. The keys before it sign no more.\n`
      : `Made ${key.id}. The keys before it sign beside it for ${overlapDays} days more.\n`,
  );
  process.stdout.write(`${key.publicKey}\n`);
  return 0;
}

/** Ends a key at once. */
export async function runRetireWebhookKey(flags: Flags, env: Environment): Promise<number> {
  const id = readFlag(flags, "key");
  if (id === null) throw new UsageError("Which key? webhook-keys list shows them.");
  await changeKeys(env, (tx, change) => retireSigningKey(tx, change, id));
  process.stderr.write(`${id} has ended. Running servers sign with it for 5 seconds at most.\n`);
  return 0;
}

async function changeKeys<T>(
  env: Environment,
  work: (tx: Transaction, change: KeyChange) => Promise<T>,
): Promise<T> {
  const settings = readSettings(env);
  checkDatabaseExists(settings.databaseUrl);
  return useStore(settings, async (store) => {
    await checkMigrated(store);
    const secretKey = findSecretKey(settings);
    const sealer = createSealer(secretKey);
    await checkRecordKey(store, sealer);
    const change = {
      box: createSecretBox(secretKey),
      sealer,
      actor: `command line (${findUser()})`,
      now: toInstant(Temporal.Now.instant().epochMilliseconds),
    };
    try {
      return await store.transaction((tx) => work(tx, change));
    } catch (error) {
      if (error instanceof SigningKeyRefusal) throw new StartError(error.message);
      throw error;
    }
  });
}

function readOverlapDays(flags: Flags): number {
  const text = readFlag(flags, "overlap-days");
  if (text === null) return defaultOverlapDays;
  if (!/^\d{1,2}$/.test(text) || Number(text) > maximumOverlapDays)
    throw new UsageError(`--overlap-days is a number from 0 to ${maximumOverlapDays}.`);
  return Number(text);
}

function describeKey({ id, publicKey, createdAt, endsAt }: SigningKey, now: number): string {
  const state =
    endsAt === null
      ? "signs"
      : `${endsAt > now ? "signs until" : "ended"} ${formatInstant(endsAt)}`;
  return `${id}  ${publicKey}  since ${formatInstant(createdAt)}  ${state}`;
}
