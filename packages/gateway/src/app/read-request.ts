import type { Context } from "hono";
import { authenticate } from "../auth/authenticate.ts";
import type { Operation } from "../contract/document.ts";
import type { Fault, OperationValidator } from "../contract/validate.ts";
import { hashRequest } from "./idempotency.ts";
import { negotiate } from "./negotiate.ts";
import { ProblemError } from "./problem.ts";
import { readBody } from "./read-body.ts";
import { checkPath, readQuery } from "./read-query.ts";
import type { Caller, Services } from "./world.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A request that fits the contract, from a caller who may make it. */
export interface ReadRequest {
  readonly requestId: string;
  readonly caller: Caller | null;
  readonly path: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
  /** The media type that the answer has to have. */
  readonly accept: string;
  readonly ifMatch: string | null;
  /** `Evergate-Partner`: the partner that an operator's key acts for. */
  readonly partnerNamed: string | null;
  readonly idempotencyKey: string | null;
  readonly requestHash: string;
  /** Made when it is asked for: few requests want it. */
  readonly callerGone: () => AbortSignal;
}

/** Reads and checks a request, in this order: how many there are, where that is limited; key, media types, JSON, parameters and body. Throws a {@link ProblemError}. */
export async function readRequest(
  c: Context,
  operation: Operation,
  validator: OperationValidator,
  services: Services,
  requestId: string,
): Promise<ReadRequest> {
  if (operation.isRateLimited) await services.publicLimit.take(services.clientOf(c));
  const caller =
    operation.security === null
      ? null
      : await authenticate(
          services.store.reader,
          operation,
          { authorization: c.req.header("authorization"), actor: c.req.header("evergate-actor") },
          services.now(),
        );
  refuseForeignPartner(c, operation, caller);
  const accept = negotiate(operation, c.req.header("accept"));
  const content = operation.bodies.size === 0 ? null : await readContent(c, operation);
  const body = content === null ? undefined : parseContent(content);
  const path: Record<string, unknown> = c.req.param();
  checkPath(c.req.raw.url);
  const query = readQuery(c.req.raw.url);
  const header: Record<string, unknown> = {};
  for (const { name, in: place } of operation.parameters) {
    if (place !== "header") continue;
    const value = c.req.header(name);
    if (value !== undefined) header[name.toLowerCase()] = value;
  }
  // Before the contract's defaults are filled in.
  const paging = accept === "application/json" ? [] : findPaging(query);
  const faults = [
    ...validator.checkParameters("path", path),
    ...validator.checkParameters("query", query),
    ...validator.checkParameters("header", header),
    ...checkBody(operation, validator, content, body),
    ...(await findUnasked(c, operation)),
    ...paging,
  ];
  if (faults.length > 0) throw new ProblemError("malformed_request", toDetail(faults), faults);
  const readHeader = (name: string): string | null =>
    typeof header[name] === "string" ? header[name] : null;
  const idempotencyKey = readHeader("idempotency-key");
  return {
    requestId,
    caller,
    path,
    query,
    body: body ?? {},
    accept,
    ifMatch: readHeader("if-match"),
    partnerNamed: readHeader("evergate-partner"),
    idempotencyKey,
    callerGone: () => c.req.raw.signal,
    requestHash:
      idempotencyKey === null ? "" : hashRequest(c.req.method, c.req.path, content?.text ?? ""),
  };
}

/** A partner's key may name its own partner in `Evergate-Partner`, and no other. */
function refuseForeignPartner(c: Context, operation: Operation, caller: Caller | null): void {
  if (
    caller === null ||
    caller.partner === null ||
    !operation.parameters.some(({ name }) => name === "Evergate-Partner")
  )
    return;
  const named = c.req.header("evergate-partner");
  if (named !== undefined && named !== caller.partner)
    throw new ProblemError(
      "forbidden",
      "Evergate-Partner names another partner than the one this key belongs to. Leave it out.",
    );
}

/** A body as it was sent, with that media type of its operation which it has. */
interface Content {
  readonly mediaType: string;
  readonly text: string;
}

async function readContent(c: Context, operation: Operation): Promise<Content | null> {
  const bytes = await readBody(c);
  if (bytes.byteLength === 0) return null;
  refuseEncoding(c);
  const header = c.req.header("content-type") ?? "";
  const [mediaType = "", ...parameters] = header.toLowerCase().split(";");
  if (!operation.bodies.has(mediaType.trim()) || parameters.some(isOtherCharset))
    throw new ProblemError(
      "unsupported_media_type",
      `${operation.id} takes ${[...operation.bodies.keys()].join(" or ")} in UTF-8, not "${header.slice(0, 100)}".`,
    );
  try {
    return { mediaType: mediaType.trim(), text: utf8.decode(bytes) };
  } catch (error) {
    throw new ProblemError("malformed_request", "The body is not UTF-8.", [], { cause: error });
  }
}

/** Bodies are short, and one that is unpacked can be a thousand times as long as what was sent. */
function refuseEncoding(c: Context): void {
  const encoding = c.req.header("content-encoding")?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity")
    throw new ProblemError(
      "unsupported_media_type",
      `No Content-Encoding is supported: send the body as it is, not as "${encoding.slice(0, 100)}".`,
      [],
      // Tells it from a wrong media type, for which there must be no such header (RFC 9110, 12.5.3).
      { headers: { "accept-encoding": "identity" } },
    );
}

/** Whether a media type's parameter names another encoding than UTF-8 (of which ASCII is a part). */
function isOtherCharset(parameter: string): boolean {
  const [, charset] = /^\s*charset\s*=\s*"?([^"]*?)"?\s*$/.exec(parameter) ?? [];
  return charset !== undefined && !["utf-8", "utf8", "us-ascii"].includes(charset);
}

/** JSON is read here; any other body reaches its room as the text that it is. */
function parseContent({ mediaType, text }: Content): unknown {
  return mediaType === "application/json" ? parseJson(text) : text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError(
      "malformed_request",
      `The body is not JSON: ${error instanceof Error ? error.message : "it can't be parsed"}.`,
      [],
      { cause: error },
    );
  }
}

function checkBody(
  operation: Operation,
  validator: OperationValidator,
  content: Content | null,
  body: unknown,
): readonly Fault[] {
  if (content !== null) return validator.checkBody(body, content.mediaType);
  return operation.isBodyRequired ? [{ pointer: "", detail: "a body is required" }] : [];
}

/**
 * What an operation without a body was sent all the same, be it ever so much: who sends something expects something of
 * it. Many clients send an empty object with every POST. Of a GET a body has no meaning, and nobody looks at it.
 */
async function findUnasked(c: Context, operation: Operation): Promise<readonly Fault[]> {
  if (operation.bodies.size > 0 || operation.method === "get") return [];
  const isEmpty = await readBody(c).then(
    (bytes) => bytes.byteLength <= 100 && /^\s*(\{\s*\})?\s*$/.test(Buffer.from(bytes).toString()),
    (error: unknown) => {
      if (error instanceof ProblemError) return false;
      throw error;
    },
  );
  return isEmpty
    ? []
    : [{ pointer: "", detail: "is to be left out, or {}: nothing is read of it" }];
}

/** A document has no pages: one that was asked for by the page would be taken for the whole. */
function findPaging(query: Readonly<Record<string, unknown>>): readonly Fault[] {
  return ["limit", "after"]
    .filter((name) => query[name] !== undefined)
    .map((name) => ({
      pointer: `/query/${name}`,
      detail: "is for JSON only: a document has the whole list",
    }));
}

function toDetail(faults: readonly Fault[]): string {
  const [first] = faults;
  if (first === undefined) return "The request does not fit the contract.";
  const more = faults.length === 1 ? "" : ` (and ${faults.length - 1} more, see errors)`;
  return `${first.pointer === "" ? "The body" : first.pointer}: ${first.detail}${more}.`;
}
