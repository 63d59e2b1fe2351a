import type { Instant } from "@evergate/core";
import { hashKeySecret, hintOf } from "../auth/key-secret.ts";
import { toWireApiKey } from "../auth/to-wire.ts";
import { makeId } from "../ids.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { insertApiKey, updateApiKeyEnd, type ApiKey } from "../store/api-keys.ts";
import { appendAudit, operatorRecord } from "../store/audit-log.ts";
import type { Transaction } from "../store/store.ts";

/** Stores a key, hashed, and records who made it. Unlike `createApiKey` of the API it needs no key to be called with. */
export async function addKey(
  tx: Transaction,
  sealer: Sealer,
  wanted: Pick<ApiKey, "kind" | "partner" | "name" | "scopes">,
  secret: string,
  actor: string,
  now: Instant,
): Promise<ApiKey> {
  const key: ApiKey = {
    ...wanted,
    id: makeId("key"),
    hash: hashKeySecret(secret),
    hint: hintOf(secret),
    createdAt: now,
    expiresAt: null,
    revokedAt: null,
  };
  await insertApiKey(tx, key);
  await record(tx, sealer, "createApiKey", key.id, actor, now, null, key);
  return key;
}

/** Ends a key at once, and records who ended it. */
export async function revokeKey(
  tx: Transaction,
  sealer: Sealer,
  key: ApiKey,
  actor: string,
  now: Instant,
): Promise<void> {
  await updateApiKeyEnd(tx, key.id, { revokedAt: now });
  await record(tx, sealer, "revokeApiKey", key.id, actor, now, key, { ...key, revokedAt: now });
}

async function record(
  tx: Transaction,
  sealer: Sealer,
  action: string,
  subject: string,
  actor: string,
  now: Instant,
  before: ApiKey | null,
  after: ApiKey,
): Promise<void> {
  await appendAudit(tx, sealer, operatorRecord, [
    {
      at: now,
      recordedAt: now,
      action,
      subject,
      actor,
      apiKey: null,
      requestId: null,
      before: before === null ? null : toWireApiKey(before),
      after: toWireApiKey(after),
    },
  ]);
}
