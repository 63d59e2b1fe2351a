import type { KeyObject } from "node:crypto";
import type { Agent, Dispatcher } from "undici";
import { checkEndpointUrl } from "../network/check-endpoint-url.ts";
import { AddressRefusedError, NameUnknownError } from "../network/create-agent.ts";
import type { PrivateWebhooks } from "../network/judge-address.ts";
import { decodeSecret, signMessage } from "../signing/sign-message.ts";
import { userAgent } from "./user-agent.ts";

/** What is sent: the event's very bytes, under its id. */
export interface Message {
  readonly url: string;
  readonly event: string;
  readonly payload: string;
  /** The endpoint's, as they are written (`whsec_…`); it is signed with each of them. */
  readonly secrets: readonly string[];
  /** The gateway's own, where the endpoint asks for `v1a`; it is signed with each of them too. */
  readonly keys: readonly KeyObject[];
  /** Its owner's own headers, which none of ours is among. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How long an attempt may take. */
export interface AttemptLimits {
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How long the body of an answer is listened to; the status alone decides. */
  readonly bodyMs: number;
}

/** 15 s: what providers of webhooks commonly give; 5 s to connect are ample for any host that is up. */
export const attemptLimits: AttemptLimits = {
  timeoutMs: 15_000,
  connectTimeoutMs: 5_000,
  bodyMs: 1_000,
};

/** What came of an attempt. `error` is a sentence for the endpoint's owner, null after success. */
export interface AttemptResult {
  readonly status: number | null;
  readonly retryAfter: string | null;
  readonly excerpt: string | null;
  readonly error: string | null;
}

const maximumBodyBytes = 4_096;
const maximumExcerptCharacters = 1_000;

/** Signs and sends an event (Standard Webhooks), once. Never throws: whatever goes wrong is the attempt's result. */
export async function sendDelivery(
  agent: Agent,
  message: Message,
  sentAtMs: number,
  allowed: PrivateWebhooks,
  limits: AttemptLimits,
): Promise<AttemptResult> {
  // The operator may have become stricter since the endpoint was made.
  const refusal = checkEndpointUrl(message.url, allowed);
  if (refusal !== undefined) return toFailure(`Nothing was sent: ${refusal}`);
  const { origin, pathname, search } = new URL(message.url);
  try {
    const sentAtSeconds = Math.floor(sentAtMs / 1_000);
    const response = await agent.request({
      origin,
      path: `${pathname}${search}`,
      method: "POST",
      headers: {
        ...message.headers,
        "content-type": "application/json",
        "user-agent": userAgent,
        "webhook-id": message.event,
        "webhook-timestamp": String(sentAtSeconds),
        "webhook-signature": signMessage(
          { id: message.event, sentAtSeconds, body: message.payload },
          { secrets: message.secrets.map(decodeSecret), keys: message.keys },
        ),
      },
      body: message.payload,
      signal: AbortSignal.timeout(limits.timeoutMs),
    });
    const text = await readBeginning(response.body, limits.bodyMs);
    const status = response.statusCode;
    if (status >= 200 && status < 300)
      return { status, retryAfter: null, excerpt: text, error: null };
    return {
      status,
      retryAfter: readHeader(response, "retry-after"),
      excerpt: text,
      error: describeStatus(status),
    };
  } catch (error) {
    return toFailure(describeError(error, limits));
  }
}

/** Reads a little of a body; to its end where it is short, so that the connection can be used again. */
async function readBeginning(
  body: Dispatcher.ResponseData["body"],
  bodyMs: number,
): Promise<string | null> {
  // Cut short, the stream reports an error that means nothing here.
  body.on("error", () => {});
  const timer = setTimeout(() => body.destroy(), bodyMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maximumBodyBytes) break;
    }
  } catch {
    // What came before the connection ended is enough.
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
  return toExcerpt(Buffer.concat(chunks).subarray(0, maximumBodyBytes));
}

/** Readable characters only; PostgreSQL can't store U+0000. */
function toExcerpt(bytes: Uint8Array): string | null {
  const text = new TextDecoder()
    .decode(bytes)
    .replaceAll(/\p{Cc}+/gu, " ")
    .slice(0, maximumExcerptCharacters)
    .toWellFormed()
    .trim();
  return text === "" ? null : text;
}

function readHeader(response: Dispatcher.ResponseData, name: string): string | null {
  const value = response.headers[name];
  return typeof value === "string" ? value : null;
}

function describeStatus(status: number): string {
  if (status >= 300 && status < 400)
    return `The endpoint answered ${status}; redirects are not followed.`;
  if (status === 410) return "The endpoint answered 410 (gone for good) and has been switched off.";
  return `The endpoint answered ${status}.`;
}

function describeError(error: unknown, limits: AttemptLimits): string {
  if (error instanceof AddressRefusedError) return error.message;
  if (error instanceof NameUnknownError) return "The host's name could not be resolved.";
  const name = error instanceof Error ? error.name : "";
  const code = readCode(error);
  if (name === "TimeoutError") return `No answer came within ${limits.timeoutMs / 1_000} seconds.`;
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT")
    return `No connection came about within ${limits.connectTimeoutMs / 1_000} seconds.`;
  if (code === "ECONNREFUSED") return "The connection was refused.";
  if (code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET")
    return "The connection ended before an answer came.";
  if (/CERT|SELF_SIGNED|^ERR_(TLS|SSL)|UNABLE_TO/.test(code))
    return `The encrypted connection failed: ${code}.`;
  if (name === "HTTPParserError" || /^HPE_|^UND_ERR_HEADERS/.test(code))
    return "The answer was not valid HTTP.";
  return `The attempt failed: ${code || name || "unknown error"}.`;
}

function readCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}

function toFailure(error: string): AttemptResult {
  return { status: null, retryAfter: null, excerpt: null, error };
}
