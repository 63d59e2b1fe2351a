import { maxHeaderSize, STATUS_CODES } from "node:http";
import { RequestError } from "@hono/node-server";
import { ProblemError, toProblem, type Problem } from "../app/problem.ts";

/** Who sends its headers, or the whole request, more slowly than this only holds a connection (slowloris). */
export const headersTimeoutMs = 10_000;
export const requestTimeoutMs = 30_000;

/** The problem of a request that never reached the router: it can't be read, or it takes too long or too much to read it. */
export function toUnreadProblem(error: unknown, requestId: string): Problem {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    // The contract has no codes of their own for these: they are malformed too, and the status says how.
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return makeProblem(
        `The request took too long: its headers have ${headersTimeoutMs / 1000} s to arrive, all of it ${requestTimeoutMs / 1000} s.`,
        requestId,
        408,
      );
    case "HPE_HEADER_OVERFLOW":
      return makeProblem(
        `The request's line and headers may have ${maxHeaderSize} bytes together.`,
        requestId,
        431,
      );
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return toProblem(
        new ProblemError("content_too_large", "The extensions of the body's chunks are too large."),
        requestId,
      );
    default:
      return makeProblem(`The request can't be read: ${readReason(error)}.`, requestId);
  }
}

/** The problem of an `Expect` other than `100-continue` (RFC 9110, 10.1.1). */
export function toExpectationProblem(requestId: string): Problem {
  return makeProblem("Expect may only be 100-continue.", requestId, 417);
}

function makeProblem(detail: string, requestId: string, status?: number): Problem {
  const problem = toProblem(new ProblemError("malformed_request", detail), requestId);
  return { ...problem, status: status ?? problem.status };
}

/** What the parser or the adaptor found; both speak of the request and quote none of it. */
function readReason(error: unknown): string {
  if (error instanceof RequestError) return error.message;
  return error instanceof Error && "reason" in error && typeof error.reason === "string"
    ? error.reason
    : "it is not HTTP/1.1";
}

export interface UnreadAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer with a problem, after which the connection ends: where its next request would begin nobody knows. */
export function toUnreadAnswer(problem: Problem): UnreadAnswer {
  const body = JSON.stringify(problem);
  return {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      "content-length": String(Buffer.byteLength(body)),
      "x-content-type-options": "nosniff",
      "request-id": problem.requestId,
      connection: "close",
    },
    body,
  };
}

/** An answer as it goes over a connection for which Node has made no response. */
export function renderAnswer({ status, headers, body }: UnreadAnswer): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`;
}
