import { hash, randomBytes } from "node:crypto";

/** A new key's secret: 256 random bits, with a prefix that secret scanners and people recognise. */
export function makeKeySecret(kind: "operator" | "partner"): string {
  return `evg_${kind}_${randomBytes(32).toString("base64url")}`;
}

/** How a key is stored. A fast hash is enough, because the secret is random and long. */
export function hashKeySecret(secret: string): string {
  return hash("sha256", secret);
}

/** The end of a secret, by which its owner can tell keys apart. */
export function hintOf(secret: string): string {
  return secret.slice(-4);
}
