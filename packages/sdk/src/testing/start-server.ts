import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

/** A request as it came in. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface TestServer {
  readonly baseUrl: string;
  readonly seen: readonly Seen[];
}

/** What the server does with the first request, the second …; the last of them with all that follow. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

/** A server on a port of its own, as bad as it is told to be. It is closed when the test is over. */
export async function startServer(...behaviours: readonly Behaviour[]): Promise<TestServer> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      behaviours[Math.min(seen.length, behaviours.length) - 1]?.(response, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { baseUrl: `http://127.0.0.1:${port}`, seen };
}

export const answerJson =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Behaviour =>
  (response) => {
    const type = status < 400 ? "application/json" : "application/problem+json";
    response.writeHead(status, { "content-type": type, ...headers }).end(JSON.stringify(body));
  };

export const answerText =
  (
    status: number,
    type: string,
    text: string,
    headers: Readonly<Record<string, string>> = {},
  ): Behaviour =>
  (response) => {
    response.writeHead(status, { "content-type": type, ...headers }).end(text);
  };

export const reset: Behaviour = (response) => {
  response.socket?.destroy();
};

export const hang: Behaviour = () => {};

/** Promises more than it sends. */
export const breakOff: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
  response.write('{"id":"sub_1","quan');
  setTimeout(() => response.socket?.destroy(), 20);
};

/** Sends the head, and never the body. */
export const stall: Behaviour = (response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"id":');
};
