import { createHmac, sign, type KeyObject } from "node:crypto";

/** What is signed (Standard Webhooks): the id, the instant of the attempt, and the body as it is sent. */
export interface SignedMessage {
  /** Without a dot: one would let the parts be cut elsewhere. */
  readonly id: string;
  readonly sentAtSeconds: number;
  readonly body: string | Uint8Array;
}

/** With what a message is signed: one signature by each. */
export interface Signers {
  /** The endpoint's secrets, decoded: one, or two while it is being changed. */
  readonly secrets: readonly Uint8Array[];
  /** The gateway's own keys, where the endpoint asks for them. */
  readonly keys: readonly KeyObject[];
}

/** Makes the value of `webhook-signature`: `v1` (HMAC-SHA-256) by each secret, then `v1a` (Ed25519) by each key. */
export function signMessage(message: SignedMessage, signers: Signers): string {
  const head = `${message.id}.${message.sentAtSeconds}.`;
  const signatures = signers.secrets.map(
    (secret) =>
      `v1,${createHmac("sha256", secret).update(head).update(message.body).digest("base64")}`,
  );
  if (signers.keys.length > 0) {
    // Ed25519 signs a text in one piece.
    const whole = Buffer.concat([Buffer.from(head), Buffer.from(message.body)]);
    for (const key of signers.keys)
      signatures.push(`v1a,${sign(null, whole, key).toString("base64")}`);
  }
  return signatures.join(" ");
}

/** The bytes of an endpoint's secret (`whsec_…`), whose form was checked when it came in. */
export function decodeSecret(secret: string): Uint8Array {
  return Buffer.from(secret.slice("whsec_".length), "base64");
}
