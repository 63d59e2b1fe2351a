import { WebhookVerificationError } from "../errors.ts";
import type { WebhookKeySet } from "../generated/api.ts";
import type { Fetch } from "../options.ts";
import {
  createKeyError,
  createPublicKeyVerifier,
  createSecretVerifier,
  type Verifier,
} from "./verify-signature.ts";

/**
 * With what deliveries are verified: the endpoint's secret (`whsec_…`), public keys of the gateway (`whpk_…`), several
 * of them (one that fits is enough), or the keys that the gateway publishes now.
 */
export type WebhookKeys = string | readonly string[] | PublishedKeys;

/** The public keys that a gateway publishes. */
export interface PublishedKeys {
  /** The keys as they were read last; `renew` reads them again, unless that has just been done. */
  list(options?: { readonly renew?: boolean | undefined }): Promise<readonly string[]>;
}

export interface PublishedKeysOptions {
  /** Another `fetch`, for a proxy or a test. */
  readonly fetch?: Fetch | undefined;
}

/** The gateway lets its list be kept for five minutes; forged deliveries must not make us ask more often than so. */
const keptMs = 5 * 60_000;
const leastPauseMs = 30_000;
const patienceMs = 5_000;

/**
 * The public keys of the gateway at `baseUrl` (`/.well-known/webhook-keys.json`). They are read when the first delivery
 * comes, kept for five minutes, and read again where a signature fits none of them, at most every 30 seconds. Make it
 * once, not for each delivery.
 *
 * ```ts
 * const keys = publishedKeys("https://evergate.example.com");
 * const event = await verifyWebhook(request, keys, { expectedEndpoint: "wh_…" });
 * ```
 */
export function publishedKeys(baseUrl: string, options: PublishedKeysOptions = {}): PublishedKeys {
  const url = `${baseUrl.replace(/\/+$/, "")}/.well-known/webhook-keys.json`;
  const fetch = options.fetch ?? globalThis.fetch;
  let kept: { readonly keys: readonly string[]; readonly readAt: number } | null = null;
  let reading: Promise<readonly string[]> | null = null;

  async function read(): Promise<readonly string[]> {
    const readAt = Date.now();
    const keys = await readPublished(fetch, url);
    kept = { keys, readAt };
    return keys;
  }

  return {
    async list({ renew = false } = {}) {
      const age = kept === null ? Number.POSITIVE_INFINITY : Date.now() - kept.readAt;
      if (kept !== null && age >= 0 && age < (renew ? leastPauseMs : keptMs)) return kept.keys;
      reading ??= read().finally(() => {
        reading = null;
      });
      return reading;
    },
  };
}

async function readPublished(fetch: Fetch, url: string): Promise<readonly string[]> {
  let list: unknown;
  try {
    const response = await fetch(
      new Request(url, {
        redirect: "error",
        cache: "no-store",
        headers: { accept: "application/json" },
        signal: AbortSignal.timeout(patienceMs),
      }),
    );
    if (!response.ok) throw new Error(`The gateway answered ${response.status}.`);
    list = await response.json();
  } catch (error) {
    throw createUnavailableError(url, error);
  }
  if (!isKeyList(list)) throw createUnavailableError(url);
  return list.keys.map((key) => key.publicKey);
}

function isKeyList(value: unknown): value is WebhookKeySet {
  return (
    typeof value === "object" &&
    value !== null &&
    "keys" in value &&
    Array.isArray(value.keys) &&
    value.keys.every(
      (key: unknown) =>
        typeof key === "object" &&
        key !== null &&
        "publicKey" in key &&
        typeof key.publicKey === "string",
    )
  );
}

function createUnavailableError(url: string, cause?: unknown): WebhookVerificationError {
  return new WebhookVerificationError(
    "keys_unavailable",
    `The gateway's public keys can't be read at ${url}. Answer 503: the delivery comes again.`,
    { cause },
  );
}

/** Whether among the keys there are public ones, which sign for every endpoint of the gateway. */
export function hasPublicKeys(keys: WebhookKeys): boolean {
  if (isPublished(keys)) return true;
  return listTexts(keys).some((text) => text.startsWith("whpk_"));
}

/** The verifiers of keys that were given. Throws a {@link WebhookVerificationError} where one of them is none. */
export function createVerifiers(keys: string | readonly string[]): readonly Verifier[] {
  return listTexts(keys).map(createVerifier);
}

/** The verifiers of the keys that the gateway publishes. */
export async function readVerifiers(
  keys: PublishedKeys,
  options: { readonly renew?: boolean } = {},
): Promise<readonly Verifier[]> {
  return (await keys.list(options)).map(createVerifier);
}

export function isPublished(keys: WebhookKeys): keys is PublishedKeys {
  return typeof keys === "object" && keys !== null && "list" in keys;
}

function listTexts(keys: string | readonly string[]): readonly string[] {
  const texts: unknown = typeof keys === "string" ? [keys] : keys;
  if (!Array.isArray(texts) || texts.length === 0) throw createKeyError();
  return texts.map((text: unknown) => {
    if (typeof text !== "string") throw createKeyError();
    return text;
  });
}

function createVerifier(text: string): Verifier {
  if (text.startsWith("whsec_")) return createSecretVerifier(text);
  if (text.startsWith("whpk_")) return createPublicKeyVerifier(text);
  throw createKeyError();
}
