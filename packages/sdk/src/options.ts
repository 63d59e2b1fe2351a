import type { HeaderNameOf } from "./contract.ts";
import type { OperationId, PartnerId, Subscription } from "./generated/api.ts";

/** Sends one request and answers its response; as the standard's `fetch` does. */
export type Fetch = (request: Request) => Response | Promise<Response>;

export interface EvergateOptions {
  /** The API key, of an operator or of a partner. It is never shown in an error, nor where the client is inspected. */
  readonly apiKey: string;
  /** Where the gateway is, such as `https://evergate.example.com`; a path before `/v1` may follow. */
  readonly baseUrl: string | URL;
  /** The partner for which an operator's key acts; with a partner's key it is not needed. */
  readonly partner?: PartnerId | undefined;
  /** Who is at the desk, for the record; any text, such as "Eva Horváthová". Without it the key's name stands. */
  readonly actor?: string | undefined;
  /** What to send requests with; left out, the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** How long each try of a call may take, in milliseconds; left out, 30 000. Advancing a sandbox's clock has no limit. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is tried again, 0 to 10; left out, 3. */
  readonly maxRetries?: number | undefined;
}

/** The options that every call takes. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long each try of this call may take, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** The options that a call takes where its operation reads the header that goes with them. */
export interface HeaderOptions {
  /** The partner for which an operator's key acts in this call; null takes the client's away. */
  readonly partner?: PartnerId | null | undefined;
  /** Who does this, for the record; null takes the client's away. */
  readonly actor?: string | null | undefined;
  /** A key of your own under which the call is carried out once, however often it is made; left out, a new UUID. */
  readonly idempotencyKey?: string | undefined;
  /** The `version` that you have seen: if the subscription has changed meanwhile, nothing is done (`VersionMismatch`). */
  readonly ifMatch?: Subscription["version"] | "*" | undefined;
}

/** Which option goes with which header. completeness.ts sees to it that none is left out. */
export interface OptionOfHeader {
  readonly "Evergate-Partner": "partner";
  readonly "Evergate-Actor": "actor";
  readonly "Idempotency-Key": "idempotencyKey";
  readonly "If-Match": "ifMatch";
}

/** The options of one operation. */
export type OptionsOf<O extends OperationId> = CallOptions &
  Pick<HeaderOptions, OptionOfHeader[HeaderNameOf<O> & keyof OptionOfHeader]>;
