import { createServer, type ServerResponse } from "node:http";
import { Socket, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, RequestError, type HttpBindings } from "@hono/node-server";
import type { Logger } from "pino";
import { ProblemError, toProblem, type Problem } from "../app/problem.ts";
import { makeId } from "../ids.ts";
import type { Settings } from "../settings.ts";
import {
  headersTimeoutMs,
  renderAnswer,
  requestTimeoutMs,
  toExpectationProblem,
  toUnreadAnswer,
  toUnreadProblem,
  type UnreadAnswer,
} from "./refuse-unread.ts";
import { StartError } from "./start-error.ts";
import { within } from "./within.ts";

/** Node looks for such connections only so often; its own 30 s would let them live three times as long. */
const checkEveryMs = 5_000;
/** Longer than load balancers keep an idle connection (60 s is usual), so that they close it and not we under their next request. */
const keepAliveTimeoutMs = 65_000;

export interface Listener {
  /** Where it listens, as a person would type it. */
  readonly url: string;
  /** Accepts nothing more and lets the requests in flight finish; after `graceMs` it cuts what is left and answers how many that were. */
  stop(graceMs: number): Promise<number>;
}

export type Fetch = (request: Request, env: HttpBindings) => Response | Promise<Response>;

/** Listens for HTTP. Throws {@link StartError} where the port or the address can't be had. */
export async function listen(
  fetch: Fetch,
  { host, port }: Pick<Settings, "host" | "port">,
  log?: Pick<Logger, "info" | "error">,
): Promise<Listener> {
  const refuseUnread = (problem: Problem): UnreadAnswer => {
    const { status, detail, requestId } = problem;
    log?.info({ status, detail, requestId }, "request refused unread");
    return toUnreadAnswer(problem);
  };
  // The app answers every error of its own: what ends here besides unreadable targets is a fault of what calls it.
  const explainFailure = (error: unknown, requestId: string): Problem => {
    log?.error({ err: error, requestId }, "unexpected error");
    return toProblem(
      new ProblemError("internal_error", "The gateway failed unexpectedly."),
      requestId,
    );
  };
  const answer = getRequestListener(
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made by node:http below, so the bindings are its own
    fetch as Parameters<typeof getRequestListener>[0],
    {
      errorHandler(error) {
        const requestId = makeId("req");
        const { body, ...init } = refuseUnread(
          error instanceof RequestError
            ? toUnreadProblem(error, requestId)
            : explainFailure(error, requestId),
        );
        return new Response(body, init);
      },
    },
  );
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: checkEveryMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      // Node's own refusal has no body; the adaptor needs the header too and refuses with ours.
      requireHostHeader: false,
    },
    (request, response) => void answer(request, response),
  );
  const open = new Set<ServerResponse>();
  let isStopping = false;
  let drained = (): void => {};
  server.prependListener("request", (_request, response) => {
    open.add(response);
    if (isStopping) response.setHeader("connection", "close");
    response.once("close", () => {
      open.delete(response);
      if (open.size === 0) drained();
    });
  });
  server.on("checkExpectation", (_request, response: ServerResponse) => {
    const { status, headers, body } = refuseUnread(toExpectationProblem(makeId("req")));
    response.writeHead(status, headers).end(body);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const refuse = (): void => {
      // Whoever has gone, or has part of an answer already, can't be told.
      if (error.code !== "ECONNRESET" && socket.writable)
        socket.write(renderAnswer(refuseUnread(toUnreadProblem(error, makeId("req")))));
      destroySoon(socket);
    };
    const response = [...open].findLast(({ req }) => req.socket === socket);
    if (response === undefined) refuse();
    // The fault is in what follows a request that is being answered: first its own answer.
    else if (response.req.complete) response.once("close", refuse);
    else if (response.headersSent) socket.destroy();
    else refuse();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(explainListenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  return {
    url: toUrl(host, server.address()),
    async stop(graceMs) {
      isStopping = true;
      // It stops accepting, and closes the connections on which nothing is asked.
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const response of open)
        if (!response.headersSent) response.setHeader("connection", "close");
      const allAnswered = new Promise<void>((resolve) => {
        drained = resolve;
        if (open.size === 0) resolve();
      });
      await within(allAnswered, graceMs);
      const cut = open.size;
      server.closeAllConnections();
      await closed;
      return cut;
    },
  };
}

/** Ends a connection once what has been written to it is out. */
function destroySoon(socket: Duplex): void {
  if (socket instanceof Socket) socket.destroySoon();
  else socket.end();
}

function explainListenError(error: Error, host: string, port: number): Error {
  switch ("code" in error ? error.code : "") {
    case "EADDRINUSE":
      return new StartError(
        `Port ${port} on ${host} is in use by another program. Stop it, or set EVERGATE_PORT to another port.`,
        { cause: error },
      );
    case "EACCES":
      return new StartError(
        `This user may not listen on port ${port}. Set EVERGATE_PORT to 1024 or more.`,
        { cause: error },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EINVAL":
      return new StartError(
        `EVERGATE_HOST is "${host}", which is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.`,
        { cause: error },
      );
    default:
      return error;
  }
}

function toUrl(host: string, address: string | AddressInfo | null): string {
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const isAny = host === "0.0.0.0" || host === "::";
  return `http://${isAny ? "localhost" : host.includes(":") ? `[${host}]` : host}:${port}`;
}
