import type { OperationId, Problem, ProblemCode } from "./generated/api.ts";

type Mark = "error" | "problem" | "connection" | "timeout" | "unexpected_answer" | "webhook";

/** What every error of this package is. Thrown as it is where the package is used wrongly; nothing was sent then. */
export class EvergateError extends Error {
  override readonly name: string = "EvergateError";

  /** A program can hold two copies of this package, whose classes differ: the guards look at this, not at the class. */
  get "@evergate/sdk"(): Mark {
    return "error";
  }
}

/** Of which call an error tells. */
export interface CallFacts {
  readonly operation: OperationId;
  /** The key of all its tries. Make the call again with it, and it is still carried out only once. */
  readonly idempotencyKey: string | null;
}

/** A code of the contract, or `unexpected_answer` where the answer was not Evergate's. Later versions add codes. */
export type ErrorCode = ProblemCode | "unexpected_answer";

export interface ProblemFacts {
  readonly status: number;
  readonly code: ErrorCode;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string | null;
  readonly errors?: Problem["errors"];
  readonly minimum?: Problem["minimum"];
  readonly maximum?: Problem["maximum"];
  readonly availableFrom?: Problem["availableFrom"];
}

/** The gateway refused the call. Decide by `code`; the texts are for people. */
export class EvergateProblem extends EvergateError {
  override readonly name: string = "EvergateProblem";
  readonly status: number;
  readonly code: ErrorCode;
  /** What kind of problem it is, in words; the same for the same code. */
  readonly title: string;
  /** What went wrong this time, in words. */
  readonly detail: string;
  /** Name it when you ask for help. */
  readonly requestId: string | null;
  /** With `malformed_request`, `import_rows_refused` and what else is about one field: what in the request is wrong, and where. */
  readonly errors: NonNullable<Problem["errors"]>;
  /** With `quantity_out_of_range`, the fewest units that the product allows. */
  readonly minimum: number | undefined;
  /** With `quantity_out_of_range`, the most units that the product allows. */
  readonly maximum: number | undefined;
  /** With `prepaid_licence_held`, when the customer no longer holds one: a subscription can begin then. */
  readonly availableFrom: string | undefined;
  readonly operation: OperationId;
  readonly idempotencyKey: string | null;

  constructor(facts: ProblemFacts, call: CallFacts) {
    const request = facts.requestId === null ? "" : `, request ${facts.requestId}`;
    super(`${facts.detail} (${call.operation}: ${facts.status} ${facts.code}${request})`);
    this.status = facts.status;
    this.code = facts.code;
    this.title = facts.title;
    this.detail = facts.detail;
    this.requestId = facts.requestId;
    this.errors = facts.errors ?? [];
    this.minimum = facts.minimum;
    this.maximum = facts.maximum;
    this.availableFrom = facts.availableFrom;
    this.operation = call.operation;
    this.idempotencyKey = call.idempotencyKey;
  }

  override get "@evergate/sdk"(): Mark {
    return "problem";
  }
}

/** 400: the request does not fit the contract; `errors` says where. */
export class BadRequest extends EvergateProblem {
  override readonly name = "BadRequest";
}

/** 401: the API key is missing, unknown, revoked or expired. */
export class Unauthenticated extends EvergateProblem {
  override readonly name = "Unauthenticated";
}

/** 403: the API key may not do this, or its partner is suspended (`partner_suspended`) and it may only read. */
export class Forbidden extends EvergateProblem {
  override readonly name = "Forbidden";
}

/** 404: there is no such thing, or it is someone else's. */
export class NotFound extends EvergateProblem {
  override readonly name = "NotFound";
}

/** 409: it conflicts with the present state; it may be possible later. */
export class Conflict extends EvergateProblem {
  override readonly name = "Conflict";
}

/** 412: the subscription has changed since you read it. Read it again and decide anew. */
export class VersionMismatch extends EvergateProblem {
  override readonly name = "VersionMismatch";
}

/** 422: well-formed, but a rule does not allow it. */
export class Unprocessable extends EvergateProblem {
  override readonly name = "Unprocessable";
}

/** 429: too many requests, after all tries. */
export class RateLimited extends EvergateProblem {
  override readonly name = "RateLimited";
}

/** 5xx: a fault of the gateway or of what stands before it; what can pass by itself was tried again already. */
export class ServerError extends EvergateProblem {
  override readonly name = "ServerError";
}

/** No answer came, in any of the tries. A change may have been made or not: make the call again with `idempotencyKey`. */
export class ConnectionError extends EvergateError {
  override readonly name = "ConnectionError";
  readonly operation: OperationId;
  readonly idempotencyKey: string | null;

  constructor(message: string, call: CallFacts, options?: ErrorOptions) {
    super(message, options);
    this.operation = call.operation;
    this.idempotencyKey = call.idempotencyKey;
  }

  override get "@evergate/sdk"(): Mark {
    return "connection";
  }
}

/** No answer came in time, in any of the tries. A change may have been made or not: make the call again with `idempotencyKey`. */
export class TimeoutError extends EvergateError {
  override readonly name = "TimeoutError";
  readonly operation: OperationId;
  readonly idempotencyKey: string | null;

  constructor(message: string, call: CallFacts, options?: ErrorOptions) {
    super(message, options);
    this.operation = call.operation;
    this.idempotencyKey = call.idempotencyKey;
  }

  override get "@evergate/sdk"(): Mark {
    return "timeout";
  }
}

/** The answer says success, but it is not one that the gateway gives: `baseUrl` may lead elsewhere. */
export class UnexpectedAnswerError extends EvergateError {
  override readonly name = "UnexpectedAnswerError";
  readonly status: number;
  readonly operation: OperationId;
  readonly idempotencyKey: string | null;

  constructor(message: string, status: number, call: CallFacts, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.operation = call.operation;
    this.idempotencyKey = call.idempotencyKey;
  }

  override get "@evergate/sdk"(): Mark {
    return "unexpected_answer";
  }
}

/**
 * Why a delivery was not accepted. To the sender answer 400, but 503 to `keys_unavailable`, so that it comes again;
 * `secret_unusable`, `endpoint_not_given`, `body_parsed` and `body_used` are mistakes of the receiving program.
 */
export type WebhookRefusal =
  | "secret_unusable"
  | "body_parsed"
  | "body_used"
  | "body_unreadable"
  | "body_too_large"
  | "header_missing"
  | "header_malformed"
  | "timestamp_too_old"
  | "timestamp_too_new"
  | "signature_wrong"
  | "keys_unavailable"
  | "body_malformed"
  | "endpoint_not_given"
  | "endpoint_wrong";

/** A delivery was not accepted: it is not, or can't be shown to be, Evergate's. */
export class WebhookVerificationError extends EvergateError {
  override readonly name = "WebhookVerificationError";
  readonly reason: WebhookRefusal;

  constructor(reason: WebhookRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  override get "@evergate/sdk"(): Mark {
    return "webhook";
  }
}

function markOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "@evergate/sdk" in value
    ? value["@evergate/sdk"]
    : undefined;
}

function readCode(value: unknown): unknown {
  return typeof value === "object" && value !== null && "code" in value ? value.code : undefined;
}

/** Whether it is an error of this package, or of another copy of it. */
export function isEvergateError(value: unknown): value is EvergateError {
  return markOf(value) !== undefined;
}

/** Whether the gateway refused the call, and with this code where one is given. */
export function isEvergateProblem(value: unknown, code?: ErrorCode): value is EvergateProblem {
  return markOf(value) === "problem" && (code === undefined || readCode(value) === code);
}

export function isConnectionError(value: unknown): value is ConnectionError {
  return markOf(value) === "connection";
}

export function isTimeoutError(value: unknown): value is TimeoutError {
  return markOf(value) === "timeout";
}

export function isUnexpectedAnswerError(value: unknown): value is UnexpectedAnswerError {
  return markOf(value) === "unexpected_answer";
}

export function isWebhookVerificationError(value: unknown): value is WebhookVerificationError {
  return markOf(value) === "webhook";
}
