import type { components } from "../generated/api.ts";
import type { Fault } from "../contract/validate.ts";
import { problemTable } from "./problem-table.ts";

export type ProblemCode = components["schemas"]["ProblemCode"];
export type Problem = components["schemas"]["Problem"];

/** What a program may want to know of a refusal: the bounds that hold, or when it would be allowed. */
export type ProblemFacts = Pick<Problem, "minimum" | "maximum" | "availableFrom">;

/** Ends a request with a problem (RFC 9457). Thrown where loading or a middleware finds it; rooms return {@link refuse}. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly code: ProblemCode;
  readonly detail: string;
  readonly faults: readonly Fault[];
  readonly facts: ProblemFacts;
  /** After how long it can be tried again; null where that is not known. */
  readonly retryAfterSeconds: number | null;
  /** Of the answer, beside those that every problem has. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    faults: readonly Fault[] = [],
    options?: ErrorOptions & {
      readonly facts?: ProblemFacts;
      readonly retryAfterSeconds?: number;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
    this.faults = faults;
    this.facts = options?.facts ?? {};
    this.headers = options?.headers ?? {};
    this.retryAfterSeconds = options?.retryAfterSeconds ?? (code === "unavailable" ? 1 : null);
  }
}

/** A room's refusal: nothing of what it did is kept, and the caller gets a problem. */
export interface Refused {
  readonly refused: ProblemError;
}

/** Refuses a request for a reason that the contract knows, in a sentence that says what would be right. */
export function refuse(code: ProblemCode, detail: string, facts: ProblemFacts = {}): Refused {
  return { refused: new ProblemError(code, detail, [], { facts }) };
}

/** The same where one field of the request is to blame, which a program is told by its pointer, as of `malformed_request`. */
export function refuseField(code: ProblemCode, pointer: string, detail: string): Refused {
  return { refused: new ProblemError(code, detail, [{ pointer, detail }]) };
}

/** The HTTP status of a problem. */
export function statusOf(code: ProblemCode): number {
  return problemTable[code].status;
}

/** The problem as it is answered. */
export function toProblem(error: ProblemError, requestId: string): Problem {
  const { status, title } = problemTable[error.code];
  return {
    type: `urn:evergate:problem:${error.code}`,
    title,
    status,
    detail: error.detail,
    code: error.code,
    requestId,
    ...error.facts,
    ...(error.faults.length > 0
      ? { errors: error.faults.map(({ pointer, detail }) => ({ pointer, detail })) }
      : {}),
  };
}
