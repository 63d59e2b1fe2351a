import { toInstant, type Instant } from "@evergate/core";
import { makeId } from "../../ids.ts";
import type { SecretBox } from "../../secrets/secret-box.ts";
import type { Sealer } from "../../secrets/sealer.ts";
import { appendAudit, operatorRecord } from "../../store/audit-log.ts";
import { UniqueViolationError, type Store, type Transaction } from "../../store/store.ts";
import {
  forgetEndedSigningKeys,
  insertSigningKey,
  listSigningKeys,
  listSigningKeysAt,
  maximumSigningKeys,
  updateSigningKeyEnd,
  type SigningKey,
} from "../../store/webhook-signing-keys.ts";
import { makeKeyPair } from "./signing-key.ts";
import { toWireKey } from "./to-wire.ts";

/** What changing the keys needs; `actor` is who does it, for the record. */
export interface KeyChange {
  readonly box: SecretBox;
  readonly sealer: Sealer;
  readonly actor: string;
  readonly now: Instant;
}

/** Why the keys are left as they are; one sentence for the operator. */
export class SigningKeyRefusal extends Error {
  override readonly name = "SigningKeyRefusal";
}

/** Makes the first key where there is none yet. Any number of processes may start at once. */
export async function ensureSigningKey(store: Store, change: KeyChange): Promise<void> {
  if ((await listSigningKeys(store.reader, 1)).length > 0) return;
  try {
    await store.transaction((tx) => addKey(tx, change, 1));
  } catch (error) {
    // Another process has made it meanwhile.
    if (!(store.translate(error) instanceof UniqueViolationError)) throw error;
  }
}

/**
 * Makes a new key, which signs at once; those before it go on signing beside it for `overlapMs` and then end.
 * Throws {@link SigningKeyRefusal} where too many would sign.
 */
export async function rollSigningKeys(
  tx: Transaction,
  change: KeyChange,
  overlapMs: number,
): Promise<SigningKey> {
  const { now } = change;
  const [newest] = await listSigningKeys(tx, 1);
  const present = await listSigningKeysAt(tx, now);
  if (overlapMs > 0 && present.length >= maximumSigningKeys)
    throw new SigningKeyRefusal(
      `${present.length} keys sign now, as many as can. Wait until one ends, or retire it.`,
    );
  const key = await addKey(tx, change, (newest?.number ?? 0) + 1);
  for (const former of present) {
    const endsAt = toInstant(Math.min(now + overlapMs, former.endsAt ?? Infinity));
    if (endsAt !== former.endsAt) await endKey(tx, change, former, endsAt);
  }
  await forgetEndedSigningKeys(tx, now);
  return key;
}

/** Ends a key at once. Throws {@link SigningKeyRefusal} where it does not sign, or nothing else would. */
export async function retireSigningKey(
  tx: Transaction,
  change: KeyChange,
  id: string,
): Promise<void> {
  const present = await listSigningKeysAt(tx, change.now);
  const key = present.find((it) => it.id === id);
  if (key === undefined) throw new SigningKeyRefusal(`No key ${id} signs now.`);
  if (present.length === 1)
    throw new SigningKeyRefusal(
      "It is the only key that signs. Make another first, which ends it as well: evergate webhook-keys roll --overlap-days 0",
    );
  await endKey(tx, change, key, change.now);
  await forgetEndedSigningKeys(tx, change.now);
}

async function addKey(tx: Transaction, change: KeyChange, number: number): Promise<SigningKey> {
  const pair = makeKeyPair();
  const key = await insertSigningKey(
    tx,
    change.box,
    { id: makeId("whkey"), number, publicKey: pair.publicKey, createdAt: change.now },
    pair.secretKey,
  );
  await record(tx, change, "webhook_key.created", null, key);
  return key;
}

async function endKey(
  tx: Transaction,
  change: KeyChange,
  key: SigningKey,
  endsAt: Instant,
): Promise<void> {
  await updateSigningKeyEnd(tx, key.id, endsAt);
  await record(tx, change, "webhook_key.ended", key, { ...key, endsAt });
}

async function record(
  tx: Transaction,
  { sealer, actor, now }: KeyChange,
  action: string,
  before: SigningKey | null,
  after: SigningKey,
): Promise<void> {
  await appendAudit(tx, sealer, operatorRecord, [
    {
      at: now,
      recordedAt: now,
      action,
      subject: after.id,
      actor,
      apiKey: null,
      requestId: null,
      before: before === null ? null : toWireKey(before),
      after: toWireKey(after),
    },
  ]);
}
