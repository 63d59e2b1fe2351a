import type { KeyObject } from "node:crypto";
import type { Agent } from "undici";
import { addressOf } from "../network/addressed-client.ts";
import { checkEndpointUrl } from "../network/check-endpoint-url.ts";
import { AddressRefusedError } from "../network/create-agent.ts";
import type { PrivateWebhooks } from "../network/judge-address.ts";
import type { AttemptLimits } from "./attempt-limits.ts";
import { describeError, describeStatus } from "./describe-failure.ts";
import { postOnce } from "./post-once.ts";
import { decodeSecret, signMessage } from "../signing/sign-message.ts";
import { toExcerpt } from "./to-excerpt.ts";
import { userAgent } from "./user-agent.ts";

/** Where it goes, if nothing speaks against it. */
export type Target =
  | { readonly origin: string; readonly path: string }
  | { readonly refusal: string };

/** Reads an endpoint's URL. It is judged once more: the operator may have become stricter since the endpoint was made. */
export function readTarget(url: string, allowed: PrivateWebhooks): Target {
  const refusal = checkEndpointUrl(url, allowed);
  if (refusal !== undefined) return { refusal };
  const { origin, pathname, search } = new URL(url);
  return { origin, path: `${pathname}${search}` };
}

/** What is sent: the event's very bytes, under its id. */
export interface Message {
  readonly target: Target;
  readonly event: string;
  readonly payload: string;
  /** The endpoint's, as they are written (`whsec_…`); it is signed with each of them. */
  readonly secrets: readonly string[];
  /** The gateway's own, where the endpoint asks for `v1a`; it is signed with each of them too. */
  readonly keys: readonly KeyObject[];
  /** Its owner's own headers, which none of ours is among. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What came of an attempt. */
export interface AttemptResult {
  readonly status: number | null;
  /** No answer came, and not because of us: the host is away, or too slow. */
  readonly isUnreachable: boolean;
  readonly retryAfter: string | null;
  /** The first KiB that the endpoint answered, as readable text; null where it was empty. */
  readonly excerpt: string | null;
  /** The address that the connection had; null where none came about. */
  readonly address: string | null;
  /** A sentence for the endpoint's owner; null after success. */
  readonly error: string | null;
}

/** A short body is read to its end, so that the connection can be used again; of a longer one no more than this. */
const maximumBodyBytes = 4_096;

/**
 * Signs and sends an event (Standard Webhooks), once. Never throws: whatever goes wrong is the attempt's result.
 * `endsAt`, by the process's own clock: where the attempt has begun before.
 */
export async function sendDelivery(
  agent: Agent,
  message: Message,
  sentAtMs: number,
  limits: AttemptLimits,
  endsAt: number = performance.now() + limits.timeoutMs,
): Promise<AttemptResult> {
  const { target } = message;
  if ("refusal" in target) return toFailure(`Nothing was sent: ${target.refusal}`, false);
  const headers: Record<string, string> = { ...message.headers };
  try {
    const sentAtSeconds = Math.floor(sentAtMs / 1_000);
    Object.assign(headers, {
      "content-type": "application/json",
      "user-agent": userAgent,
      "webhook-id": message.event,
      "webhook-timestamp": String(sentAtSeconds),
      "webhook-signature": signMessage(
        { id: message.event, sentAtSeconds, body: message.payload },
        { secrets: message.secrets.map(decodeSecret), keys: message.keys },
      ),
    });
    const { status, retryAfter, beginning } = await postOnce(
      agent,
      { origin: target.origin, path: target.path, headers, body: message.payload },
      { ...limits, timeoutMs: endsAt - performance.now(), bodyBytes: maximumBodyBytes },
    );
    const isTaken = status >= 200 && status < 300;
    const excerpt = toExcerpt(beginning);
    return {
      status,
      isUnreachable: false,
      retryAfter: isTaken ? null : retryAfter,
      excerpt,
      address: addressOf(headers),
      error: isTaken ? null : describeStatus(status, excerpt),
    };
  } catch (error) {
    return toFailure(
      describeError(error, limits),
      !(error instanceof AddressRefusedError),
      addressOf(headers),
    );
  }
}

function toFailure(
  error: string,
  isUnreachable: boolean,
  address: string | null = null,
): AttemptResult {
  return { status: null, isUnreachable, retryAfter: null, excerpt: null, address, error };
}
