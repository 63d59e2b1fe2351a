import { formatInstant } from "@evergate/core";
import type { components } from "../../generated/api.ts";
import type { SigningKey } from "../../store/webhook-signing-keys.ts";
import { toJwkX } from "./signing-key.ts";

export type WireWebhookKey = components["schemas"]["WebhookKey"];

/** A signing key as the API answers it: its public half. */
export function toWireKey(key: SigningKey): WireWebhookKey {
  return {
    kid: key.id,
    kty: "OKP",
    crv: "Ed25519",
    alg: "EdDSA",
    use: "sig",
    x: toJwkX(key.publicKey),
    publicKey: key.publicKey,
    createdAt: formatInstant(key.createdAt),
    endsAt: key.endsAt === null ? null : formatInstant(key.endsAt),
  };
}
