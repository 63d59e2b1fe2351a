import { WebhookVerificationError } from "../errors.ts";
import type { Event } from "../generated/api.ts";

/** Parses a verified body. Throws a {@link WebhookVerificationError} where it is no event. */
export function parseEvent(body: string, id: string): Event {
  let event: unknown;
  try {
    event = JSON.parse(body, refusePrototypes);
  } catch (error) {
    throw createMalformedError(error);
  }
  if (!isEnvelope(event)) throw createMalformedError();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser: what Evergate signed is one of its events, also where this version doesn't know its type
  return { ...event, id } as Event;
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

function createMalformedError(cause?: unknown): WebhookVerificationError {
  return new WebhookVerificationError(
    "body_malformed",
    "The body is signed, but is no event: a JSON object with type, timestamp and data.",
    { cause },
  );
}
