import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** Encrypts small secrets for the database: AES-256-GCM, a nonce of its own each, bound to the place it is stored at. */
export interface SecretBox {
  /** `place` names where the text is kept (table, owner, id), so that a stored secret can't be moved elsewhere. */
  seal(text: string, place: string): string;
  /** Throws where the text was not sealed with this key, at this place, or has been changed. */
  open(sealed: string, place: string): string;
}

const form = "v1";
const nonceBytes = 12;
const tagBytes = 16;

/** `key` is 32 bytes in base64 (`EVERGATE_SECRET_KEY`). */
export function createSecretBox(key: string): SecretBox {
  const secret = Buffer.from(key, "base64");
  return {
    seal(text, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([
        nonce,
        cipher.update(text, "utf8"),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return `${form}:${sealed.toString("base64")}`;
    },
    open(sealed, place) {
      const [version, text = ""] = sealed.split(":");
      if (version !== form) throw new Error(`A stored secret has the unknown form "${version}".`);
      const bytes = Buffer.from(text, "base64");
      const decipher = createDecipheriv("aes-256-gcm", secret, bytes.subarray(0, nonceBytes))
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(bytes.length - tagBytes));
      return (
        decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes), undefined, "utf8") +
        decipher.final("utf8")
      );
    },
  };
}
