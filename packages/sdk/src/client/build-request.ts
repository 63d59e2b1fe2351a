import { EvergateError } from "../errors.ts";
import { operationRoutes, type OperationId } from "../generated/api.ts";
import type { CallOptions, HeaderOptions } from "../options.ts";
import type { Settings } from "./settings.ts";

/** What a call is made of, whichever operation it is of. */
export interface AnyInput {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: object | undefined;
  readonly body?: unknown;
}

export type AnyOptions = CallOptions & HeaderOptions;

/** A request that all tries of a call repeat unchanged. */
export interface Draft {
  readonly operation: OperationId;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly idempotencyKey: string | null;
}

/** Writes the request of a call. Throws an {@link EvergateError} where its id, key or actor can't be sent. */
export function buildRequest(
  operation: OperationId,
  input: AnyInput,
  options: AnyOptions,
  settings: Settings,
  accept = "application/json",
): Draft {
  const { method, path } = operationRoutes[operation];
  const isWrite = method === "POST" || method === "PATCH";
  const idempotencyKey = isWrite ? readIdempotencyKey(options.idempotencyKey) : null;
  return {
    operation,
    method,
    url: `${settings.baseUrl}${fillPath(path, input.path ?? {})}${toQueryString(input.query ?? {})}`,
    headers: { accept, ...buildHeaders(input, options, settings, idempotencyKey) },
    body: isText(input.body) ? input.body : JSON.stringify(input.body),
    idempotencyKey,
  };
}

function buildHeaders(
  input: AnyInput,
  options: AnyOptions,
  settings: Settings,
  idempotencyKey: string | null,
): Record<string, string> {
  const headers: Record<string, string> = {
    authorization: settings.authorization,
  };
  const partner = options.partner === undefined ? settings.partner : options.partner;
  const actor = options.actor === undefined ? settings.actor : options.actor;
  if (input.body !== undefined)
    headers["content-type"] = isText(input.body) ? "text/csv" : "application/json";
  if (partner !== null) headers["evergate-partner"] = encodeText("partner", partner);
  if (actor !== null) headers["evergate-actor"] = encodeText("actor", actor);
  if (idempotencyKey !== null) headers["idempotency-key"] = idempotencyKey;
  if (options.ifMatch !== undefined) headers["if-match"] = toEntityTag(options.ifMatch);
  return headers;
}

/** A body that is a text is the file of an import; JSON is always an object. */
function isText(body: unknown): body is string {
  return typeof body === "string";
}

function fillPath(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeSegment(name, values[name]));
}

function encodeSegment(name: string, value: string | undefined): string {
  // An empty id would ask for the list; "." and ".." walk up the path even where they are percent-encoded.
  if (typeof value !== "string" || value === "" || value === "." || value === "..")
    throw new EvergateError(
      `${name} has to be an id, or your own id as "ext:<externalId>", not ${JSON.stringify(value)}.`,
    );
  return encodeText(name, value);
}

function encodeText(name: string, value: string): string {
  try {
    return encodeURIComponent(value);
  } catch (error) {
    throw new EvergateError(
      `${name} is not well-formed Unicode: it has half of a surrogate pair.`,
      { cause: error },
    );
  }
}

function toQueryString(query: object): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null) pairs.append(name, String(value));
  return pairs.size === 0 ? "" : `?${pairs.toString()}`;
}

function readIdempotencyKey(given: string | undefined): string {
  if (given === undefined) return crypto.randomUUID();
  if (!/^[\x21-\x7e]{1,255}$/.test(given))
    throw new EvergateError(
      "idempotencyKey has to be 1 to 255 printable ASCII characters without blanks.",
    );
  return given;
}

function toEntityTag(ifMatch: number | "*"): string {
  if (ifMatch === "*") return ifMatch;
  if (!Number.isSafeInteger(ifMatch) || ifMatch < 0)
    throw new EvergateError(
      `ifMatch has to be the version of a subscription that you have read, or "*", not ${JSON.stringify(ifMatch)}.`,
    );
  return `"${ifMatch}"`;
}
