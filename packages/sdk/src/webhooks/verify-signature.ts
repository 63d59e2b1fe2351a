import { Webhook } from "standardwebhooks";
import { WebhookVerificationError } from "../errors.ts";
import type { SignedHeaders } from "./read-headers.ts";

/** Whether a signature of the headers is over this body and by this key; not yet whether it is recent. */
export type Verifier = (body: string, headers: SignedHeaders) => Promise<boolean>;

// As Standard Webhooks recommends, and standardwebhooks has it.
const toleranceSeconds = 5 * 60;

/** The gateway signs with three keys at most; each signature costs a walk through the body. */
const mostSignatures = 8;

/** The verifier of a secret (`whsec_…`). Throws a {@link WebhookVerificationError} where it is none. */
export function createSecretVerifier(secret: string): Verifier {
  let verifier: Webhook;
  try {
    verifier = new Webhook(secret);
  } catch (error) {
    throw createKeyError(error);
  }
  return async (body, headers) => {
    try {
      verifier.verify(body, { ...headers }, { jsonParse: false });
      return true;
    } catch {
      // Why it is refused is the same for every secret; explainRefusal() says it.
      return false;
    }
  };
}

/** The verifier of a public key (`whpk_…`, Ed25519). Throws a {@link WebhookVerificationError} where it is none. */
export function createPublicKeyVerifier(publicKey: string): Verifier {
  const algorithm = { name: "Ed25519" };
  const bytes = decodeBase64(publicKey.slice("whpk_".length));
  if (bytes?.byteLength !== 32) throw createKeyError();
  return async (body, headers) => {
    const { "webhook-id": id, "webhook-timestamp": timestamp } = headers;
    const signatures = listSignatures(headers);
    if (signatures.length === 0 || Math.abs(ageOf(headers)) > toleranceSeconds) return false;
    const text = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
    const key = await importKey(bytes, algorithm);
    for (const signature of signatures)
      if (await crypto.subtle.verify(algorithm, key, signature, text)) return true;
    return false;
  };
}

async function importKey(
  bytes: Uint8Array<ArrayBuffer>,
  algorithm: { readonly name: string },
): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("raw", bytes, algorithm, false, ["verify"]);
  } catch (error) {
    throw createKeyError(error);
  }
}

/** The Ed25519 signatures of a delivery. */
function listSignatures(headers: SignedHeaders): readonly Uint8Array<ArrayBuffer>[] {
  return headers["webhook-signature"]
    .split(" ")
    .filter((signature) => signature.startsWith("v1a,"))
    .slice(0, mostSignatures)
    .flatMap((signature) => decodeBase64(signature.slice("v1a,".length)) ?? [])
    .filter((bytes) => bytes.byteLength === 64);
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    // Its length is none that base64 can have.
    return null;
  }
}

/** For how many seconds the delivery has been signed; less than 0 where its clock is ahead of ours. */
function ageOf(headers: SignedHeaders): number {
  return Math.floor(Date.now() / 1_000) - Number(headers["webhook-timestamp"]);
}

/** Why none of the keys has verified a delivery. */
export function explainRefusal(headers: SignedHeaders): WebhookVerificationError {
  const age = ageOf(headers);
  if (age > toleranceSeconds)
    return new WebhookVerificationError(
      "timestamp_too_old",
      `The delivery was signed ${age} seconds ago, which is more than ${toleranceSeconds}: it is a repetition, or this machine's clock is ahead.`,
    );
  if (age < -toleranceSeconds)
    return new WebhookVerificationError(
      "timestamp_too_new",
      `The delivery was signed ${-age} seconds in the future, which is more than ${toleranceSeconds}: this machine's clock may be behind.`,
    );
  return new WebhookVerificationError(
    "signature_wrong",
    "No signature fits: the secret is another endpoint's, the endpoint doesn't ask for v1a, or the body is not exactly as it came (parsed and written again, or decoded differently).",
  );
}

export function createKeyError(cause?: unknown): WebhookVerificationError {
  const message =
    "The secret has to be that of the webhook endpoint: whsec_ and base64; or a public key of the gateway: whpk_ and base64. Is its environment variable set?";
  return new WebhookVerificationError("secret_unusable", message, { cause });
}
