import { createServer, type RequestListener } from "node:http";
import { onTestFinished } from "vitest";

/** A server of node:http on a free port, until the test is over; answers the URL of a webhook receiver at it. */
export async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/evergate`;
}
