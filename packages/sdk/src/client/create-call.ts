import type {
  AnswerOf,
  DocumentOperationId,
  DocumentTypeOf,
  InputOf,
  ItemOf,
  ListOperationId,
} from "../contract.ts";
import { UnexpectedAnswerError } from "../errors.ts";
import type { OperationId } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { Page, PagePromise } from "../pages.ts";
import { buildRequest, type AnyInput, type AnyOptions, type Draft } from "./build-request.ts";
import { openPages } from "./open-pages.ts";
import { openDraft, sendDraft, type Sending } from "./send-draft.ts";
import { readTimeout, type Settings } from "./settings.ts";

/** How the resources speak to the gateway. */
export interface Calls {
  /** Carries out one operation. */
  readonly call: <O extends OperationId>(
    operation: O,
    input: InputOf<O> & AnyInput,
    options: OptionsOf<O> | undefined,
  ) => Promise<AnswerOf<O>>;
  /** Reads a list, the page that is asked for or all items from there on. */
  readonly list: <O extends ListOperationId>(
    operation: O,
    input: InputOf<O> & AnyInput,
    options: OptionsOf<O> | undefined,
  ) => PagePromise<ItemOf<O>>;
  /** Asks for a document, and answers as it begins to come. */
  readonly open: <O extends DocumentOperationId>(
    operation: O,
    input: InputOf<O>,
    mediaType: DocumentTypeOf<O>,
    options: OptionsOf<O> | undefined,
  ) => Promise<Response>;
}

// Carries out all that fell due in as much as ten years, and answers only then.
const operationsWithoutTimeout: ReadonlySet<OperationId> = new Set([
  "advanceSandboxClock",
  "runSettlement",
]);

export function createCalls(settings: Settings): Calls {
  const toSending = (
    operation: OperationId,
    { timeoutMs, signal }: AnyOptions,
    waitMs = 0,
  ): Sending => {
    const fallback = operationsWithoutTimeout.has(operation) ? false : settings.timeoutMs + waitMs;
    return {
      fetch: settings.fetch,
      timeoutMs: timeoutMs === undefined ? fallback : readTimeout(timeoutMs),
      maxRetries: settings.maxRetries,
      signal,
    };
  };
  const send = async (
    operation: OperationId,
    input: AnyInput,
    options: AnyOptions,
  ): Promise<unknown> => {
    options.signal?.throwIfAborted();
    const draft = buildRequest(operation, input, options, settings);
    const { status, text } = await sendDraft(
      draft,
      toSending(operation, options, readWaitMs(input)),
    );
    return status === 204 ? undefined : readAnswer(status, text, draft);
  };
  return {
    call: async (operation, input, options) => {
      const answer = await send(operation, input, options ?? {});
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser: an answer is what the contract says it is
      return answer as never;
    },
    list: (operation, input, options) =>
      openPages(async (after) => {
        const { query, ...rest }: AnyInput = input;
        const answer = await send(
          operation,
          { ...rest, query: after === null ? query : { ...query, after } },
          options ?? {},
        );
        return readPage(answer, operation);
      }),
    open: async (operation, input, mediaType, options) => {
      const asked: AnyOptions = options ?? {};
      asked.signal?.throwIfAborted();
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of every operation the input has these parts, which a type parameter doesn't show
      const parts = input as AnyInput;
      const draft = buildRequest(operation, parts, asked, settings, mediaType);
      const response = await openDraft(draft, toSending(operation, asked));
      const wanted: string = mediaType;
      const came = response.headers.get("content-type")?.split(";")[0]?.trim();
      if (came === wanted) return response;
      throw new UnexpectedAnswerError(
        `${operation}: the answer is ${came ?? "of no media type"}, not ${wanted}. Something may stand in between, or baseUrl lead elsewhere.`,
        response.status,
        draft,
      );
    },
  };
}

/** Where the gateway is asked to wait before it answers, a try may take as much longer. */
function readWaitMs({ query }: AnyInput): number {
  const wait = typeof query === "object" && "wait" in query ? query.wait : 0;
  return typeof wait === "number" ? wait * 1_000 : 0;
}

function readAnswer(status: number, text: string, draft: Draft): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw createAnswerError(text, status, draft, error);
  }
  if (typeof answer !== "object" || answer === null)
    throw createAnswerError(text, status, draft, undefined);
  return answer;
}

function createAnswerError(
  text: string,
  status: number,
  draft: Draft,
  cause: unknown,
): UnexpectedAnswerError {
  const start = text.replaceAll(/\s+/g, " ").trim().slice(0, 200);
  return new UnexpectedAnswerError(
    `${draft.operation}: the answer ${status} is no JSON object, but ${start === "" ? "empty" : `"${start}"`}. Something may stand in between, or baseUrl lead elsewhere.`,
    status,
    draft,
    { cause },
  );
}

function readPage<O extends ListOperationId>(answer: unknown, operation: O): Page<ItemOf<O>> {
  const isPage =
    typeof answer === "object" &&
    answer !== null &&
    "data" in answer &&
    Array.isArray(answer.data) &&
    "nextCursor" in answer &&
    (answer.nextCursor === null || typeof answer.nextCursor === "string");
  if (!isPage)
    throw new UnexpectedAnswerError(
      `${operation}: the answer is no page of a list. baseUrl may lead elsewhere.`,
      200,
      {
        operation,
        idempotencyKey: null,
      },
    );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser: an answer is what the contract says it is
  return answer as Page<ItemOf<O>>;
}
