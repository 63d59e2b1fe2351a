import { AddressRefusedError, NameUnknownError } from "../network/create-agent.ts";
import { findSdkRefusal } from "./sdk-refusals.ts";

// What an endpoint's owner reads. Each sentence says what was seen, then, where we know it, what that commonly means.

/** By what an answer that is no success commonly means; others speak for themselves. */
const meanings: Readonly<Record<number, string>> = {
  400: "it takes the signature for a wrong one, commonly because it has another secret, or it could not read the event",
  401: "it asks for credentials, or takes the signature for a wrong one",
  403: "it lets nobody in here, or takes the signature for a wrong one",
  404: "there is nothing at this path",
  405: "it takes no POST at this path",
  408: "it waited for the event in vain",
  413: "the event is larger than it takes",
  415: "it takes no JSON at this path",
  429: "it can't take as many as it gets, so it gets fewer for now",
  502: "what stands before it got no answer from it, so it gets fewer for now",
  503: "it is overloaded or down, so it gets fewer for now",
  504: "what stands before it got no answer from it in time, so it gets fewer for now",
};

/** With these the endpoint is slowed down, whatever its words are. */
const slowing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Why an answer with this status, which is none from 200 to 299, and this text is no success. */
export function describeStatus(status: number, text: string | null = null): string {
  if (status === 410) return "The endpoint answered 410 (gone for good) and has been switched off.";
  if (status >= 300 && status < 400)
    return `The endpoint answered ${status}, which points elsewhere: redirects are not followed, so set the endpoint's url to where it leads.`;
  const refusal = findSdkRefusal(text);
  if (refusal !== undefined)
    return `The endpoint answered ${status} (${text}): ${refusal}${slowing.has(status) ? ", so it gets fewer for now" : ""}.`;
  const meaning = meanings[status];
  return `The endpoint answered ${status}${meaning === undefined ? "" : `: ${meaning}`}.`;
}

/** By OpenSSL's and Node's names for what is wrong with an encrypted connection. */
const certificates: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the host's certificate has expired",
  CERT_NOT_YET_VALID: "the host's certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "the host's certificate is for another name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the host's certificate is signed by itself, not by an authority",
  SELF_SIGNED_CERT_IN_CHAIN: "the host's certificate comes from an authority of its own",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the host does not send the certificates between its own and the authority's",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the host's certificate comes from an authority that is not known, or those between are missing",
  ERR_SSL_WRONG_VERSION_NUMBER: "the host does not speak TLS at this port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "the host does not speak TLS at this port",
};

export interface Patience {
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
}

/** Why an attempt came to no answer. Tells nothing of our own network: an error's own text is never passed on. */
export function describeError(error: unknown, { timeoutMs, connectTimeoutMs }: Patience): string {
  if (error instanceof AddressRefusedError) return error.message;
  if (error instanceof NameUnknownError)
    return "The host's name could not be resolved: it has no address, or its name servers don't answer.";
  const name = error instanceof Error ? error.name : "";
  const code = readCode(error);
  if (name === "TimeoutError") return `No answer came within ${timeoutMs / 1_000} seconds.`;
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT")
    return `No connection came about within ${connectTimeoutMs / 1_000} seconds.`;
  if (code === "ECONNREFUSED") return "The connection was refused: nothing listens there.";
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH")
    return "The host could not be reached: no way leads to its address.";
  if (code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET")
    return "The connection ended before an answer came.";
  const meaning = certificates[code];
  if (meaning !== undefined) return `The encrypted connection failed: ${meaning} (${code}).`;
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
