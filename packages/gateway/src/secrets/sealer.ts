import { hash, hkdfSync } from "node:crypto";

/** Seals the record (R26): only who has the key can make a seal, so that what other hands have written has none that fits. */
export interface Sealer {
  /** Tells one key from another, and nothing of either. */
  readonly keyId: string;
  /**
   * HMAC-SHA-256, the first 20 characters in base64url (120 bits). `kind` keeps seals of different things apart, so that none stands
   * for another. The text has ASCII characters only.
   */
  seal(kind: SealKind, text: string): string;
  /** Whether the seal is of this. The text may come from anybody. */
  isSealed(kind: SealKind, text: string, seal: string): boolean;
}

/** What is sealed: an entry that waits for its link, a link, the head of a chain. */
export type SealKind = "entry" | "link" | "head";

/** 120 bits: nobody guesses that, and every entry has one. */
const sealLength = 20;
const blockBytes = 64;
/** Two hashes and a position, or an owner, are half as long. */
const maximumText = 400;
const hashBytes = 32;

/** `secretKey` is 32 bytes in base64 (`EVERGATE_SECRET_KEY`); the record has a key of its own that is derived from it. */
export function createSealer(secretKey: string): Sealer {
  const key = Buffer.from(
    hkdfSync("sha256", Buffer.from(secretKey, "base64"), "", "evergate record", hashBytes),
  );
  // HMAC by its definition, over two one-shot hashes: createHmac takes twice the time, and this is done for every entry.
  const inner = Buffer.alloc(blockBytes * 8);
  const outer = Buffer.alloc(blockBytes + hashBytes);
  for (let index = 0; index < blockBytes; index++) {
    inner[index] = (key[index] ?? 0) ^ 0x36;
    outer[index] = (key[index] ?? 0) ^ 0x5c;
  }
  const authenticate = (text: string): string => {
    const length = inner.write(text, blockBytes, "latin1");
    if (length < text.length) throw new Error("A text to be sealed is longer than any there is.");
    outer.write(
      hash("sha256", inner.subarray(0, blockBytes + length), "latin1"),
      blockBytes,
      "latin1",
    );
    return hash("sha256", outer, "base64url").slice(0, sealLength);
  };
  const seal = (kind: SealKind, text: string): string => authenticate(`${kind}:${text}`);
  return {
    keyId: authenticate("key").slice(0, 11),
    seal,
    isSealed: (kind, text, found) =>
      text.length <= maximumText && /^[\x20-\x7e]*$/.test(text) && seal(kind, text) === found,
  };
}
