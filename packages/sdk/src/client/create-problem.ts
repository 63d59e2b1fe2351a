import {
  BadRequest,
  Conflict,
  EvergateProblem,
  Forbidden,
  NotFound,
  RateLimited,
  ServerError,
  Unauthenticated,
  Unprocessable,
  VersionMismatch,
  type CallFacts,
  type ErrorCode,
  type ProblemFacts,
} from "../errors.ts";
import type { Problem } from "../generated/api.ts";

type ProblemClass = new (facts: ProblemFacts, call: CallFacts) => EvergateProblem;

const classOfStatus: ReadonlyMap<number, ProblemClass> = new Map<number, ProblemClass>([
  [400, BadRequest],
  [401, Unauthenticated],
  [403, Forbidden],
  [404, NotFound],
  [409, Conflict],
  [412, VersionMismatch],
  [422, Unprocessable],
  [429, RateLimited],
]);

/** Makes the error of an answer that refuses; `data` is its body, parsed where it was JSON. */
export function createProblem(response: Response, data: unknown, call: CallFacts): EvergateProblem {
  const { status } = response;
  const Problem = classOfStatus.get(status) ?? (status >= 500 ? ServerError : EvergateProblem);
  return new Problem(readProblem(response, data), call);
}

function readProblem(response: Response, data: unknown): ProblemFacts {
  const requestId = response.headers.get("request-id");
  if (!isObject(data) || typeof data["code"] !== "string")
    return describeForeign(response, data, requestId);
  return {
    status: response.status,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser: a code of a later version passes as it is
    code: data["code"] as ErrorCode,
    title: readText(data["title"]) ?? data["code"],
    detail: readText(data["detail"]) ?? readText(data["title"]) ?? data["code"],
    requestId: readText(data["requestId"]) ?? requestId,
    errors: readErrors(data["errors"]),
    minimum: readNumber(data["minimum"]),
    maximum: readNumber(data["maximum"]),
    availableFrom: readText(data["availableFrom"]),
  };
}

/** An answer of something in between, such as a proxy's page of HTML. */
function describeForeign(
  response: Response,
  data: unknown,
  requestId: string | null,
): ProblemFacts {
  const type = response.headers.get("content-type") ?? "no content type";
  const text = typeof data === "string" ? data : (JSON.stringify(data) ?? "");
  const start = text.replaceAll(/\s+/g, " ").trim().slice(0, 200);
  return {
    status: response.status,
    code: "unexpected_answer",
    title: "The answer is not the gateway's.",
    detail: `The answer is not the gateway's: ${type}${start === "" ? ", empty or unreadable" : `, "${start}"`}. Something may stand in between, or baseUrl lead elsewhere.`,
    requestId,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function readText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function readNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function readErrors(value: unknown): NonNullable<Problem["errors"]> {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (!isObject(entry)) return [];
    const [pointer, detail] = [readText(entry["pointer"]), readText(entry["detail"])];
    return pointer === undefined || detail === undefined ? [] : [{ pointer, detail }];
  });
}
