import ky, { isHTTPError, isTimeoutError as isKyTimeout } from "ky";
import {
  ConnectionError,
  isEvergateError,
  TimeoutError,
  UnexpectedAnswerError,
  type EvergateError,
} from "../errors.ts";
import type { Fetch } from "../options.ts";
import type { Draft } from "./build-request.ts";
import { createProblem } from "./create-problem.ts";
import { retryRules } from "./retry.ts";

/** How a draft is sent. */
export interface Sending {
  readonly fetch: Fetch;
  /** Of each try; false for no limit. */
  readonly timeoutMs: number | false;
  readonly maxRetries: number;
  readonly signal: AbortSignal | undefined;
}

/** Fetch failed, or the answer broke off. ky's own kinds of it are not used: they hold the request, and with it the API key. */
class FetchFailure extends Error {
  override readonly name = "FetchFailure";
}

/**
 * Sends a request, again where that can help, and answers the text of a successful answer.
 * Rejects with an EvergateProblem, ConnectionError, TimeoutError or UnexpectedAnswerError, or with the signal's reason.
 */
export async function sendDraft(
  draft: Draft,
  sending: Sending,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await send(draft, sending, true);
  return { status: response.status, text: await response.text() };
}

/** The same, and answers a successful answer as it begins: its body is still on the way, and may break off. */
export function openDraft(draft: Draft, sending: Sending): Promise<Response> {
  return send(draft, sending, false);
}

async function send(draft: Draft, sending: Sending, isWhole: boolean): Promise<Response> {
  let tries = 0;
  try {
    return await ky(draft.url, {
      method: draft.method,
      headers: { ...draft.headers },
      ...(draft.body === undefined ? {} : { body: draft.body }),
      ...(sending.signal === undefined ? {} : { signal: sending.signal }),
      // An API does not lead elsewhere; followed, a redirect would turn a POST into a GET.
      redirect: "manual",
      timeout: sending.timeoutMs,
      retry: { ...retryRules, limit: sending.maxRetries },
      fetch: (input) => {
        tries += 1;
        return fetchAnswer(
          sending.fetch,
          input instanceof Request ? input : new Request(input),
          draft,
          isWhole,
        );
      },
    });
  } catch (error) {
    if (sending.signal?.aborted === true) throw sending.signal.reason;
    throw toError(error, draft, sending, tries);
  }
}

/**
 * Fetches with the body, so that an answer which breaks off or stalls counts as none, and is asked for again; without
 * the body of a success where that is wanted as it comes.
 */
async function fetchAnswer(
  fetch: Fetch,
  request: Request,
  draft: Draft,
  isWhole: boolean,
): Promise<Response> {
  let response: Response;
  let body: ArrayBuffer;
  try {
    response = await fetch(request);
    if (!isWhole && response.ok) return response;
    body = await response.arrayBuffer();
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new FetchFailure("No whole answer came.", { cause: error });
  }
  const { status, headers } = response;
  // Browsers show a redirect as an answer of status 0.
  if (status === 0 || (status >= 300 && status < 400))
    throw createRedirectError(status, headers.get("location"), draft);
  return new Response(body.byteLength === 0 ? null : body, { status, headers });
}

function createRedirectError(
  status: number,
  location: string | null,
  draft: Draft,
): UnexpectedAnswerError {
  const target = location === null ? "elsewhere" : `to ${location.slice(0, 200)}`;
  return new UnexpectedAnswerError(
    `${draft.operation}: ${new URL(draft.url).origin} redirects ${target}. Give the address where the gateway itself answers as baseUrl.`,
    status,
    draft,
  );
}

function toError(
  error: unknown,
  draft: Draft,
  sending: Sending,
  tries: number,
): EvergateError | Error {
  if (isEvergateError(error)) return error;
  if (isHTTPError(error)) return createProblem(error.response, error.data, draft);
  const { origin } = new URL(draft.url);
  const where = `${draft.operation}: no answer from ${origin} in ${tries} ${tries === 1 ? "try" : "tries"}`;
  const advice =
    draft.idempotencyKey === null
      ? ""
      : ` It may have been carried out all the same; call again with idempotencyKey "${draft.idempotencyKey}" to have it done once.`;
  if (isKyTimeout(error))
    return new TimeoutError(`${where} of ${String(sending.timeoutMs)} ms each.${advice}`, draft);
  if (error instanceof FetchFailure)
    return new ConnectionError(`${where}: ${describe(error.cause)}.${advice}`, draft, {
      cause: error.cause,
    });
  return error instanceof Error
    ? error
    : new ConnectionError(`${where}: ${describe(error)}.${advice}`, draft, { cause: error });
}

/** Node says "fetch failed" and keeps the reason in the cause. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { cause: reason } = cause;
  return reason instanceof Error
    ? `${cause.message}, ${reason.message === "" ? reason.name : reason.message}`
    : cause.message;
}
