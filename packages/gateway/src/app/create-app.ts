import { Hono, type Context, type Next } from "hono";
import type { Contract, Operation } from "../contract/document.ts";
import type { OperationId } from "../contract/operation.ts";
import { validatorsOf, type Fault } from "../contract/validate.ts";
import { makeId } from "../ids.ts";
import { addReferencePages } from "../docs/reference-pages.ts";
import { addWebhooksPage } from "../webhooks/page/webhooks-page.ts";
import { endOfTurn } from "./end-of-turn.ts";
import { ProblemError, statusOf, toProblem } from "./problem.ts";
import type { Answer } from "./idempotency.ts";
import { readRequest } from "./read-request.ts";
import type { Binding, Rooms } from "./room.ts";
import { runRoom } from "./run-room.ts";
import { toDocumentResponse } from "./send-document.ts";
import { toProblemError } from "./to-problem-error.ts";
import type { Services } from "./world.ts";

/** For tests: sees every answer before it goes out, with its media type and what is wrong with it by the contract. */
export type ReplyWitness = (
  operation: Operation,
  reply: { readonly status: number; readonly mediaType: string | null },
  faults: readonly Fault[],
) => void;

/**
 * Builds the gateway: every operation of the contract bound to its room.
 * Throws where an operation has no room, or a room no operation.
 */
export function createApp(
  contract: Contract,
  rooms: Rooms,
  services: Services,
  witness?: ReplyWitness,
): Hono {
  const app = new Hono();
  const homeless = new Set<string>(Object.keys(rooms));
  const methodsOf = new Map<string, string[]>();

  app.use("/", addRequestId);
  app.use("/openapi.json", addRequestId);
  app.use("/docs/*", addRequestId);
  app.use("/webhooks/*", addRequestId);
  addReferencePages(app, contract);
  addWebhooksPage(app);
  for (const [operation, validator] of validatorsOf(contract)) {
    if (!homeless.delete(operation.id))
      throw new Error(`The contract's operation ${operation.id} has no room.`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a union over all operations can't be called with one of them; Rooms has tied each to its own
    const binding = rooms[operation.id] as unknown as Binding<OperationId>;
    const path = operation.path.replaceAll(/\{(\w+)\}/g, ":$1");
    methodsOf.set(path, [...(methodsOf.get(path) ?? []), operation.method.toUpperCase()]);

    app.on(operation.method, path, async (c) => {
      const requestId = makeId("req");
      try {
        const request = await readRequest(c, operation, validator, services, requestId);
        const answer = await runRoom(operation, binding, request, services);
        if ("document" in answer) {
          const { mediaType } = answer.document;
          witness?.(operation, { status: 200, mediaType }, checkMediaType(operation, mediaType));
          return await toDocumentResponse(answer.document, requestId, c.req.raw, services);
        }
        witness?.(
          operation,
          { status: answer.status, mediaType: answer.body === "" ? null : jsonType },
          validator.checkReply(
            answer.status,
            answer.body === "" ? undefined : JSON.parse(answer.body),
          ),
        );
        await endOfTurn();
        return toResponse(operation, answer, requestId);
      } catch (error) {
        const problem = toProblemError(error, services, requestId);
        const response = answerProblem(c, problem, requestId);
        witness?.(
          operation,
          { status: response.status, mediaType: problemType },
          validator.checkReply(response.status, toProblem(problem, requestId)),
        );
        return response;
      }
    });
  }
  if (homeless.size > 0)
    throw new Error(`No operation of the contract for the rooms: ${[...homeless].join(", ")}.`);

  for (const [path, methods] of methodsOf) {
    app.all(path, (c) => {
      c.header("Allow", methods.join(", "));
      return answerProblem(
        c,
        new ProblemError(
          "method_not_allowed",
          `${c.req.path.slice(0, 300)} knows only ${methods.join(", ")}.`,
        ),
        makeId("req"),
      );
    });
  }
  app.notFound((c) =>
    answerProblem(
      c,
      new ProblemError(
        "not_found",
        `There is no ${c.req.path.slice(0, 300)} here; /docs lists every operation.`,
      ),
      makeId("req"),
    ),
  );
  app.onError((error, c) => {
    const requestId = makeId("req");
    return answerProblem(c, toProblemError(error, services, requestId), requestId);
  });
  return app;
}

/** Every answer has a `Request-Id`, also those that no operation gives. */
async function addRequestId(c: Context, next: Next): Promise<void> {
  await next();
  // A problem has named its own already, in its body too.
  if (!c.res.headers.has("request-id")) c.header("request-id", makeId("req"));
}

const jsonType = "application/json";
const problemType = "application/problem+json";

/** A browser that is shown an answer takes it for what it says to be, and for no page (`nosniff`). */
const jsonHeaders = { "content-type": jsonType, "x-content-type-options": "nosniff" };

function checkMediaType(operation: Operation, mediaType: string): readonly Fault[] {
  return operation.documentTypes.includes(mediaType)
    ? []
    : [{ pointer: "", detail: `${operation.id} does not declare ${mediaType}` }];
}

function toResponse(operation: Operation, answer: Answer, requestId: string): Response {
  const headers: Record<string, string> = { ...answer.headers, "request-id": requestId };
  if (operation.showsSecret && answer.status < 300) headers["cache-control"] = "no-store";
  if (operation.documentTypes.length > 0) headers["vary"] = "accept";
  if (answer.body === "") return new Response(null, { status: answer.status, headers });
  return new Response(answer.body, {
    status: answer.status,
    headers: { ...jsonHeaders, ...headers },
  });
}

function answerProblem(c: Context, error: ProblemError, requestId: string): Response {
  const headers: Record<string, string> = {
    ...error.headers,
    ...jsonHeaders,
    "content-type": problemType,
    "request-id": requestId,
  };
  const allow = c.res.headers.get("allow");
  if (allow !== null) headers["allow"] = allow;
  if (error.code === "unauthenticated") headers["www-authenticate"] = "Bearer";
  if (error.retryAfterSeconds !== null) headers["retry-after"] = String(error.retryAfterSeconds);
  return new Response(JSON.stringify(toProblem(error, requestId)), {
    status: statusOf(error.code),
    headers,
  });
}
