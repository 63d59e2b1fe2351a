import type { KeyObject } from "node:crypto";
import type { Services } from "../../app/world.ts";
import { StoreUnavailableError } from "../../store/store.ts";
import {
  listSigningKeysAt,
  openSigningKey,
  type SigningKey,
} from "../../store/webhook-signing-keys.ts";
import { readSecretKey } from "./signing-key.ts";

/** The keys with which this process signs: read again every few seconds, as other processes and the command line change them. */
export interface SigningKeys {
  /** Those that sign now, oldest first. */
  list(): Promise<readonly SigningKey[]>;
  /** The same, to sign with. Throws where there are none, or they can't be decrypted. */
  listSigners(): Promise<readonly KeyObject[]>;
}

/** A key that was retired because it leaked signs no longer than so in other processes. */
const keptMs = 5_000;

export function createSigningKeys({
  store,
  secretBox,
  now,
}: Pick<Services, "store" | "secretBox" | "now">): SigningKeys {
  let kept: { readonly keys: readonly SigningKey[]; readonly readAt: number } | null = null;
  let reading: Promise<readonly SigningKey[]> | null = null;
  const signers = new WeakMap<SigningKey, KeyObject>();

  async function read(): Promise<readonly SigningKey[]> {
    const readAt = performance.now();
    const keys = await listSigningKeysAt(store.reader, now());
    // What is known already is not decrypted again.
    const known = new Map(kept?.keys.map((key) => [key.id, key]));
    const merged = keys.map((key) => {
      const before = known.get(key.id);
      return before?.endsAt === key.endsAt ? before : key;
    });
    kept = { keys: merged, readAt };
    return merged;
  }

  async function list(): Promise<readonly SigningKey[]> {
    const at = now();
    return (await find()).filter(({ endsAt }) => endsAt === null || endsAt > at);
  }

  async function find(): Promise<readonly SigningKey[]> {
    if (kept !== null && performance.now() - kept.readAt < keptMs) return kept.keys;
    try {
      return await (reading ??= read().finally(() => {
        reading = null;
      }));
    } catch (error) {
      // While the database is away nobody can have changed them.
      if (kept !== null && store.translate(error) instanceof StoreUnavailableError)
        return kept.keys;
      throw error;
    }
  }

  function toSigner(key: SigningKey): KeyObject {
    let signer = signers.get(key);
    if (signer === undefined) {
      signer = readSecretKey(openSigningKey(secretBox, key));
      signers.set(key, signer);
    }
    return signer;
  }

  return {
    list,
    async listSigners() {
      const keys = await list();
      if (keys.length === 0) throw new Error("The gateway has no key to sign with (v1a).");
      return keys.map(toSigner);
    },
  };
}
