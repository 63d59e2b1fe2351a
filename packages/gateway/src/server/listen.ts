import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import type { Settings } from "../settings.ts";
import { StartError } from "./start-error.ts";
import { within } from "./within.ts";

/** Who sends its headers, or the whole request, more slowly than this only holds a connection (slowloris). */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
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
): Promise<Listener> {
  const server = createAdaptorServer({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made by node:http below, so the bindings are its own
    fetch: fetch as Parameters<typeof createAdaptorServer>[0]["fetch"],
    serverOptions: {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: checkEveryMs,
      keepAliveTimeout: keepAliveTimeoutMs,
    },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- node-server makes a node:http server unless told otherwise
  }) as Server;
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
