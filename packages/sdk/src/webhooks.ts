import { Webhook } from "standardwebhooks";
import { WebhookVerificationError } from "./errors.ts";
import type { Event } from "./generated/api.ts";
import { readBody, type Delivery } from "./webhooks/read-body.ts";
import { parseEvent } from "./webhooks/parse-event.ts";
import { readHeaders, type SignedHeaders } from "./webhooks/read-headers.ts";

export {
  isWebhookVerificationError,
  WebhookVerificationError,
  type WebhookRefusal,
} from "./errors.ts";
export type { Event as EvergateEvent } from "./generated/api.ts";
export { answerChallenge } from "./webhooks/answer-challenge.ts";
export type { Delivery, DeliveryHeaders } from "./webhooks/read-body.ts";

export interface VerifyOptions {
  /** The largest body that is taken, in bytes; left out, 5 MiB. The largest deliveries are bills with many customers. */
  readonly maxBodyBytes?: number | undefined;
}

const defaultMaxBodyBytes = 5 * 1_048_576;

// As Standard Webhooks recommends, and standardwebhooks has it.
const toleranceSeconds = 5 * 60;

/**
 * Makes sure that a delivery comes from Evergate, unchanged and not older than five minutes, and answers its event.
 *
 * Takes a Fetch `Request` (Hono, Next.js, Workers), a request of Node or Express, or `{ headers, body }`; the body has to
 * be as it came, unparsed. While a secret is being changed give both: one that fits is enough. The event's `id` is the one
 * that was signed. A delivery may come twice: remember the ids that you have taken.
 *
 * Rejects with a {@link WebhookVerificationError} whose `reason` says why.
 */
export async function verifyWebhook(
  delivery: Delivery,
  secret: string | readonly string[],
  options: VerifyOptions = {},
): Promise<Event> {
  const verifiers = readSecrets(secret);
  const headers = readHeaders(delivery.headers);
  const body = await readBody(delivery, options.maxBodyBytes ?? defaultMaxBodyBytes);
  if (!verifiers.some((verifier) => isSignedBy(verifier, body, headers))) throw explain(headers);
  return parseEvent(body, headers["webhook-id"]);
}

function readSecrets(secret: string | readonly string[]): readonly Webhook[] {
  const secrets = typeof secret === "string" ? [secret] : secret;
  if (!Array.isArray(secrets) || secrets.length === 0) throw createSecretError();
  return secrets.map((text: unknown) => {
    if (typeof text !== "string" || !text.startsWith("whsec_")) throw createSecretError();
    try {
      return new Webhook(text);
    } catch (error) {
      throw createSecretError(error);
    }
  });
}

function createSecretError(cause?: unknown): WebhookVerificationError {
  const message =
    "The secret has to be that of the webhook endpoint: whsec_ and base64. Is its environment variable set?";
  return new WebhookVerificationError("secret_unusable", message, { cause });
}

function isSignedBy(verifier: Webhook, body: string, headers: SignedHeaders): boolean {
  try {
    verifier.verify(body, { ...headers }, { jsonParse: false });
    return true;
  } catch {
    // Why it is refused is the same for every secret; explain() says it.
    return false;
  }
}

function explain(headers: SignedHeaders): WebhookVerificationError {
  const age = Math.floor(Date.now() / 1000) - Number(headers["webhook-timestamp"]);
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
    "No signature fits: the secret is another endpoint's, or the body is not exactly as it came (parsed and written again, or decoded differently).",
  );
}
