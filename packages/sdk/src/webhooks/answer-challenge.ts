import type { WebhookChallengeAnswer } from "../generated/api.ts";
import { createKeyError } from "./verify-signature.ts";

// As long as they are: nothing else is ever authenticated with the secret here.
const endpointPattern = /^wh_[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const challengePattern = /^[\w-]{43}$/;

/**
 * Answers a challenge, by which a gateway asks an endpoint to prove that it has its secret, once
 * `webhooks.verify` has shown that it is the gateway's: send it back as JSON with status 200. Null for everything
 * that is no challenge. While a secret is being changed give both, and there is an answer for each. Rejects with a
 * `WebhookVerificationError`, `secret_unusable`, where one is none.
 *
 * ```ts
 * const event = await webhooks.verify(request, secret);
 * const answer = await webhooks.answerChallenge(event, secret);
 * if (answer !== null) return Response.json(answer);
 * ```
 */
export async function answerChallenge(
  event: { readonly type: string; readonly data: object },
  secret: string | readonly string[],
): Promise<WebhookChallengeAnswer | null> {
  if (event.type !== "webhook_endpoint.challenge") return null;
  const endpoint: unknown = Reflect.get(event.data, "endpoint");
  const challenge: unknown = Reflect.get(event.data, "challenge");
  if (typeof endpoint !== "string" || !endpointPattern.test(endpoint)) return null;
  if (typeof challenge !== "string" || !challengePattern.test(challenge)) return null;
  const text = `challenge.${endpoint}.${challenge}`;
  const secrets = typeof secret === "string" ? [secret] : secret;
  const answers = await Promise.all(secrets.map((one) => authenticate(text, one)));
  return { answer: answers.join(" ") };
}

async function authenticate(text: string, secret: string): Promise<string> {
  const bytes = decodeSecret(secret);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  const digest = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
}

function decodeSecret(secret: string): Uint8Array<ArrayBuffer> {
  // A public key proves nothing of who has it.
  if (!secret.startsWith("whsec_")) throw createKeyError();
  try {
    return Uint8Array.from(atob(secret.slice("whsec_".length)), (character) =>
      character.charCodeAt(0),
    );
  } catch (error) {
    throw createKeyError(error);
  }
}
