/** Asks the gateway that served the page, and nobody else. */

/** @import { components } from "../../../generated/api.ts" */
/** @typedef {components["schemas"]["WebhookEndpoint"]} Endpoint */
/** @typedef {components["schemas"]["WebhookEndpointList"]} EndpointList */
/** @typedef {components["schemas"]["CreatedWebhookEndpoint"]} EndpointWithSecret */
/** @typedef {components["schemas"]["WebhookAttempt"]} Attempt */
/** @typedef {components["schemas"]["WebhookAttemptList"]} AttemptList */
/** @typedef {components["schemas"]["WebhookDelivery"]} Delivery */
/** @typedef {components["schemas"]["WebhookDeliveryList"]} DeliveryList */
/** @typedef {components["schemas"]["WebhookReplay"]} Replay */
/** @typedef {components["schemas"]["WebhookReplayList"]} ReplayList */
/** @typedef {components["schemas"]["WebhookReplayInput"]} ReplayInput */
/** @typedef {components["schemas"]["WebhookReplayPreview"]} ReplayPreview */
/** @typedef {components["schemas"]["Redelivery"]} Redelivery */
/** @typedef {components["schemas"]["Receipt"]} Receipt */
/** @typedef {components["schemas"]["ReceiptList"]} ReceiptList */
/** @typedef {components["schemas"]["Partner"]} Partner */

/**
 * Who asks.
 * @typedef {object} Session
 * @property {string} key
 * @property {string} partner with an operator's key, for which partner; else empty
 * @property {string} actor who does what is done, for the record; may be empty
 */

/** The gateway said no. The message is a sentence for people. */
export class Refusal extends Error {
  /** @override */
  name = "Refusal";
  /**
   * @param {number} status
   * @param {string} code the contract's, or empty
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const noAnswer = "The gateway could not be reached. Is it running, and are you online?";

/** A proof may take its 15 seconds, and waits for whatever was before it. */
const timeoutMs = 40_000;

/** Idempotency keys of what was asked and not answered: asking again, it is done once. */
const unanswered = /** @type {Map<string, string>} */ (new Map());

/**
 * @template T what the contract says of the answer
 * @param {Session} session
 * @param {"GET" | "POST" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<T>}
 */
export async function ask(session, method, path, body) {
  const text = body === undefined ? null : JSON.stringify(body);
  const headers = new Headers({ authorization: `Bearer ${session.key}` });
  if (session.partner !== "") headers.set("evergate-partner", session.partner);
  if (session.actor !== "") headers.set("evergate-actor", encodeURIComponent(session.actor));
  if (text !== null) headers.set("content-type", "application/json");
  const question = `${method} ${path} ${text}`;
  // To delete twice is to delete.
  if (method === "POST" || method === "PATCH") {
    const idempotencyKey = unanswered.get(question) ?? makeIdempotencyKey();
    unanswered.set(question, idempotencyKey);
    headers.set("idempotency-key", idempotencyKey);
  }
  const response = await fetch(path, {
    method,
    headers,
    ...(text === null ? {} : { body: text }),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(() => {
    throw new Refusal(0, "", noAnswer);
  });
  // A failure on the way may have let it happen; so may one of the gateway's own.
  if (response.status < 500) unanswered.delete(question);
  const answer = await response.json().catch(() => null);
  if (!response.ok) {
    const detail =
      typeof answer?.detail === "string" ? answer.detail : `It answered ${response.status}.`;
    const code = typeof answer?.code === "string" ? answer.code : "";
    throw new Refusal(response.status, code, detail);
  }
  return answer;
}

/** `crypto.randomUUID` is not there over plain HTTP, which a gateway in one's own network may be reached by. */
function makeIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * A path with its query; what is empty is left out.
 * @param {string} path
 * @param {Readonly<Record<string, string>>} query
 */
export function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}
