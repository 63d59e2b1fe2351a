import { EvergateError } from "../errors.ts";
import type { EvergateOptions, Fetch } from "../options.ts";

/** The options of a client, checked and completed. */
export interface Settings {
  /** The value of `Authorization`. */
  readonly authorization: string;
  /** Absolute, without a slash at its end. */
  readonly baseUrl: string;
  readonly partner: string | null;
  readonly actor: string | null;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

const defaultTimeoutMs = 30_000;

// With the delays of retry.ts, three retries bridge about two seconds: a restart behind a load balancer.
const defaultMaxRetries = 3;

/** The longest that timers can wait: their milliseconds are a signed 32-bit number. */
export const maximumTimeoutMs = 2_147_483_647;

/** Checks the options of a client. Throws an {@link EvergateError} that says which is wrong, and never what the key is. */
export function readSettings(options: EvergateOptions): Settings {
  const { apiKey, partner, actor, maxRetries = defaultMaxRetries } = options;
  // fetch itself would refuse such a key with a message that shows it.
  if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey))
    throw new EvergateError(
      "apiKey has to be the secret of an API key: printable ASCII, without blanks or line ends.",
    );
  if (!Number.isInteger(maxRetries) || maxRetries < 0 || maxRetries > 10)
    throw new EvergateError(`maxRetries has to be a whole number from 0 to 10, not ${maxRetries}.`);
  return {
    authorization: `Bearer ${apiKey}`,
    baseUrl: readBaseUrl(options.baseUrl),
    partner: partner ?? null,
    actor: actor ?? null,
    // Looked up with each request, so that a fetch put in its place later (by tracing, by a test) is the one that is used.
    fetch: options.fetch ?? ((request) => globalThis.fetch(request)),
    timeoutMs: readTimeout(options.timeoutMs ?? defaultTimeoutMs),
    maxRetries,
  };
}

/** Checks a time-out. Throws an {@link EvergateError} where it is none. */
export function readTimeout(timeoutMs: number): number {
  if (!(timeoutMs > 0 && timeoutMs <= maximumTimeoutMs))
    throw new EvergateError(
      `timeoutMs has to be above 0 and at most ${maximumTimeoutMs}, not ${timeoutMs}.`,
    );
  return timeoutMs;
}

function readBaseUrl(baseUrl: string | URL): string {
  const url = URL.parse(String(baseUrl));
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new EvergateError(
      `baseUrl has to be an absolute http or https URL, such as https://evergate.example.com, not "${String(baseUrl)}".`,
    );
  if (url.username !== "" || url.password !== "")
    throw new EvergateError("baseUrl can't contain a user or password; the key goes into apiKey.");
  if (url.search !== "" || url.hash !== "")
    throw new EvergateError("baseUrl can't contain a query or a fragment.");
  return url.href.replace(/\/+$/, "");
}
