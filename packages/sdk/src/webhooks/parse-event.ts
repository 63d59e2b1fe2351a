import { WebhookVerificationError } from "../errors.ts";
import type { Delivery, Event } from "../generated/api.ts";

/** Parses a verified body. Throws a {@link WebhookVerificationError} where it is no event that was delivered. */
export function parseEvent(body: string, id: string): Event & { readonly delivery: Delivery } {
  let event: unknown;
  try {
    event = JSON.parse(body, refusePrototypes);
  } catch (error) {
    throw createMalformedError(error);
  }
  if (!isEnvelope(event)) throw createMalformedError();
  const delivery = readDelivery(event);
  if (delivery === null) throw createMalformedError();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser: what Evergate signed is one of its events, also where this version doesn't know its type
  return { ...event, id, delivery } as Event & { readonly delivery: Delivery };
}

/** Evergate never writes such a name; copied into another object it would change its prototype. */
function refusePrototypes(name: string, value: unknown): unknown {
  if (name === "__proto__") throw new SyntaxError("A field is called __proto__.");
  return value;
}

function isEnvelope(
  value: unknown,
): value is { readonly type: string; readonly timestamp: string; readonly data: object } {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    "timestamp" in value &&
    typeof value.timestamp === "string" &&
    "data" in value &&
    typeof value.data === "object" &&
    value.data !== null
  );
}

/** A challenge is a question and no event: it names its endpoint, and has no number. */
function readDelivery(event: { readonly type: string; readonly data: object }): Delivery | null {
  if (event.type === "webhook_endpoint.challenge" && "endpoint" in event.data) {
    const { endpoint } = event.data;
    return typeof endpoint === "string" ? { endpoint, sequence: 0 } : null;
  }
  return "delivery" in event && isDelivery(event.delivery) ? event.delivery : null;
}

function isDelivery(value: unknown): value is Delivery {
  return (
    typeof value === "object" &&
    value !== null &&
    "endpoint" in value &&
    typeof value.endpoint === "string" &&
    "sequence" in value &&
    Number.isSafeInteger(value.sequence)
  );
}

function createMalformedError(cause?: unknown): WebhookVerificationError {
  return new WebhookVerificationError(
    "body_malformed",
    "The body is signed, but is no event: a JSON object with type, timestamp, data and delivery.",
    { cause },
  );
}
