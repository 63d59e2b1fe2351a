import { WebhookVerificationError } from "../errors.ts";
import type { Delivery, Event } from "../generated/api.ts";
import { parseEvent } from "./parse-event.ts";
import { readBody, type WebhookRequest } from "./read-body.ts";
import { readHeaders } from "./read-headers.ts";
import { toThinEvent, type ThinEvent } from "./thin-event.ts";
import { explainRefusal, type Verifier } from "./verify-signature.ts";
import {
  createVerifiers,
  hasPublicKeys,
  isPublished,
  readVerifiers,
  type WebhookKeys,
} from "./webhook-keys.ts";

/** An event as it was delivered: with which of the endpoint's deliveries it is. A challenge has no number, which is 0 then. */
export type DeliveredEvent = Event & { readonly delivery: Delivery };

export interface VerifyOptions {
  /** The largest body that is taken, in bytes; left out, 5 MiB. The largest deliveries are bills with many customers. */
  readonly maxBodyBytes?: number | undefined;
  /**
   * The endpoint (`wh_…`) that deliveries here are meant for, or several; others are refused. A secret belongs to one
   * endpoint anyway. Public keys sign for all of them, so with these it has to be given: a delivery to somebody else's
   * endpoint, sent on to yours, bears a true signature.
   */
  readonly expectedEndpoint?: string | readonly string[] | undefined;
}

const defaultMaxBodyBytes = 5 * 1_048_576;

/**
 * Makes sure that a delivery comes from Evergate, unchanged and not older than five minutes, and answers its event.
 *
 * Takes a Fetch `Request` (Hono, Next.js, Workers), a request of Node or Express, or `{ headers, body }`; the body has to
 * be as it came, unparsed. `keys` is the endpoint's secret, while it is being changed both (one that fits is enough), or
 * the gateway's public keys, where the endpoint asks for `v1a`. The event's `id` is the one that was signed. A delivery
 * may come twice: remember the `delivery.sequence` that you have taken, or let `createReceiver` do so.
 *
 * Rejects with a {@link WebhookVerificationError} whose `reason` says why.
 */
export async function verifyWebhook(
  request: WebhookRequest,
  keys: WebhookKeys,
  options: VerifyOptions = {},
): Promise<DeliveredEvent> {
  const expected = readExpected(keys, options.expectedEndpoint);
  const { id, body } = await verifyBody(request, keys, options.maxBodyBytes);
  const event = parseEvent(body, id);
  if (expected !== null && !expected.includes(event.delivery.endpoint))
    throw new WebhookVerificationError(
      "endpoint_wrong",
      "The delivery was meant for another endpoint than this one.",
    );
  return event;
}

/** The same for an endpoint that asks for `thin` payloads: what there is of the event, and no more, is what its type says. */
export async function verifyThinWebhook(
  request: WebhookRequest,
  keys: WebhookKeys,
  options: VerifyOptions = {},
): Promise<ThinEvent> {
  return toThinEvent(await verifyWebhook(request, keys, options));
}

/** The id and the body of what was signed, whatever it says. */
async function verifyBody(
  request: WebhookRequest,
  keys: WebhookKeys,
  maxBodyBytes: number = defaultMaxBodyBytes,
): Promise<{ readonly id: string; readonly body: string }> {
  // What is wrong with the keys is said first, even if nothing that comes is right.
  const given = isPublished(keys) ? [] : createVerifiers(keys);
  const headers = readHeaders(request.headers);
  // Nothing is waited for before it is read: Node throws a body away that nobody reads while the answer goes out.
  const body = await readBody(request, maxBodyBytes);
  const isSigned = async (verifiers: readonly Verifier[]): Promise<boolean> => {
    for (const verify of verifiers) if (await verify(body, headers)) return true;
    return false;
  };
  const isAccepted = isPublished(keys)
    ? (await isSigned(await readVerifiers(keys))) ||
      // The key may have been made since the list was read.
      (await isSigned(await readVerifiers(keys, { renew: true })))
    : await isSigned(given);
  if (!isAccepted) throw explainRefusal(headers);
  return { id: headers["webhook-id"], body };
}

function readExpected(
  keys: WebhookKeys,
  expected: string | readonly string[] | undefined,
): readonly string[] | null {
  const endpoints = typeof expected === "string" ? [expected] : expected;
  if (endpoints !== undefined && endpoints.length > 0) return endpoints;
  if (endpoints === undefined && !hasPublicKeys(keys)) return null;
  throw new WebhookVerificationError(
    "endpoint_not_given",
    "With public keys expectedEndpoint has to be given: they sign for the endpoints of others too.",
  );
}
