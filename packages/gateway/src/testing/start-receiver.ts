import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The event's id. */
  readonly id: string;
}

export interface Receiver {
  readonly url: string;
  /** Every request that has come in, in order. */
  readonly received: readonly Received[];
  /** The most requests that were open at once. */
  readonly mostAtOnce: () => number;
  /** How it answers from now on; 204 at first. */
  answer(how: (response: ServerResponse, request: Received, index: number) => void): void;
}

/**
 * A real receiver of webhooks on a port of this machine, a free one unless said. It is closed when the test is over, or
 * with its process where several tests share it.
 */
export async function startReceiver(
  port = 0,
  { isShared = false }: { readonly isShared?: boolean } = {},
): Promise<Receiver> {
  const received: Received[] = [];
  let open = 0;
  let most = 0;
  let answer: Parameters<Receiver["answer"]>[0] = (response) => response.writeHead(204).end();
  const server = createServer((request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on("close", () => {
      open -= 1;
    });
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const entry = {
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        id: String(request.headers["webhook-id"]),
      };
      received.push(entry);
      answer(response, entry, received.length - 1);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
  if (isShared) server.unref();
  else
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks?tenant=1`,
    received,
    mostAtOnce: () => most,
    answer: (how) => {
      answer = how;
    },
  };
}
