import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";

const publicPrefix = "whpk_";
const secretPrefix = "whsk_";

/** A pair to sign with (Ed25519), written as Standard Webhooks has it. */
export interface KeyPairTexts {
  /** `whpk_` and the 32 bytes of the public key in base64. */
  readonly publicKey: string;
  /** `whsk_` and the 32 bytes from which the pair is made, in base64. */
  readonly secretKey: string;
}

/** Makes a new pair. */
export function makeKeyPair(): KeyPairTexts {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  return {
    publicKey: `${publicPrefix}${toBase64(x)}`,
    secretKey: `${secretPrefix}${toBase64(d)}`,
  };
}

/** Reads a secret key to sign with. Throws where it is none. */
export function readSecretKey(text: string): KeyObject {
  const seed = readBytes(text, secretPrefix);
  // RFC 8410: the 32 bytes behind the fixed head of a PKCS #8 document for Ed25519.
  return createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
    format: "der",
    type: "pkcs8",
  });
}

/** The public key of a secret one. */
export function toPublicKey(secretKey: string): string {
  const { x = "" } = createPublicKey(readSecretKey(secretKey)).export({ format: "jwk" });
  return `${publicPrefix}${toBase64(x)}`;
}

/** The `x` of a JSON Web Key (RFC 8037): the same 32 bytes in base64url. */
export function toJwkX(publicKey: string): string {
  return readBytes(publicKey, publicPrefix).toString("base64url");
}

function readBytes(text: string, prefix: string): Buffer {
  const bytes = Buffer.from(text.slice(prefix.length), "base64");
  if (!text.startsWith(prefix) || bytes.length !== 32)
    throw new Error(`A signing key is no ${prefix} with 32 bytes.`);
  return bytes;
}

function toBase64(base64url: string): string {
  return Buffer.from(base64url, "base64url").toString("base64");
}
