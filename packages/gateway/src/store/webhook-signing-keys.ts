import { toInstant, type Instant } from "@evergate/core";
import type { Selectable } from "kysely";
import type { SecretBox } from "../secrets/secret-box.ts";
import type { WebhookSigningKeyTable } from "./schema.ts";
import type { Reader, Transaction } from "./store.ts";

/** A pair of keys with which the gateway signs deliveries (Ed25519). Its secret half never leaves the store but sealed. */
export interface SigningKey {
  readonly id: string;
  /** 1, 2, 3 … in the order in which they were made. Being unique, it lets one of two that roll at once win. */
  readonly number: number;
  /** `whpk_…` */
  readonly publicKey: string;
  /** Null once the key has ended and been forgotten. */
  readonly sealedSecretKey: string | null;
  readonly createdAt: Instant;
  /** Until when it signs; null as long as that is open. */
  readonly endsAt: Instant | null;
}

/** More would make every signature longer. */
export const maximumSigningKeys = 3;

/** The newest keys, oldest first, those that have ended included. */
export async function listSigningKeys(db: Reader, limit: number): Promise<readonly SigningKey[]> {
  const rows = await db
    .selectFrom("webhook_signing_keys")
    .selectAll()
    .orderBy("number", "desc")
    .limit(limit)
    .execute();
  return rows.map(toSigningKey).toReversed();
}

/** The keys that sign at an instant, oldest first. */
export async function listSigningKeysAt(db: Reader, at: Instant): Promise<readonly SigningKey[]> {
  const rows = await db
    .selectFrom("webhook_signing_keys")
    .selectAll()
    .where((where) => where.or([where("ends_at", "is", null), where("ends_at", ">", at)]))
    .orderBy("number")
    .execute();
  return rows.map(toSigningKey);
}

/** Stores a pair; its secret half is sealed under the gateway's key and bound to this id. */
export async function insertSigningKey(
  tx: Transaction,
  box: SecretBox,
  key: Pick<SigningKey, "id" | "number" | "publicKey" | "createdAt">,
  secretKey: string,
): Promise<SigningKey> {
  const sealedSecretKey = box.seal(secretKey, toPlace(key.id));
  await tx
    .insertInto("webhook_signing_keys")
    .values({
      number: key.number,
      id: key.id,
      public_key: key.publicKey,
      secret_key: sealedSecretKey,
      created_at: key.createdAt,
      ends_at: null,
    })
    .execute();
  return { ...key, sealedSecretKey, endsAt: null };
}

/** Sets a key's end. */
export async function updateSigningKeyEnd(
  tx: Transaction,
  id: string,
  endsAt: Instant,
): Promise<void> {
  await tx
    .updateTable("webhook_signing_keys")
    .set({ ends_at: endsAt })
    .where("id", "=", id)
    .execute();
}

/** Forgets the secret halves of the keys that have ended: what is not kept can't be stolen. */
export async function forgetEndedSigningKeys(tx: Transaction, at: Instant): Promise<void> {
  await tx
    .updateTable("webhook_signing_keys")
    .set({ secret_key: null })
    .where("ends_at", "<=", at)
    .where("secret_key", "is not", null)
    .execute();
}

/** Decrypts a key to sign with it. Throws where the gateway's key is not the one it was sealed with, or it is forgotten. */
export function openSigningKey(
  box: SecretBox,
  key: Pick<SigningKey, "id" | "sealedSecretKey">,
): string {
  if (key.sealedSecretKey === null) throw new Error(`The signing key ${key.id} has ended.`);
  return box.open(key.sealedSecretKey, toPlace(key.id));
}

function toPlace(id: string): string {
  return `webhook_signing_keys/${id}`;
}

function toSigningKey(row: Selectable<WebhookSigningKeyTable>): SigningKey {
  return {
    id: row.id,
    number: row.number,
    publicKey: row.public_key,
    sealedSecretKey: row.secret_key,
    createdAt: toInstant(row.created_at),
    endsAt: row.ends_at === null ? null : toInstant(row.ends_at),
  };
}
