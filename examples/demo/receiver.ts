/**
 * What a provider writes to hear of its subscriptions: a web server that takes deliveries, makes sure of each with
 * `webhooks.verify`, and answers quickly. It runs in a process of its own, as it would on a machine of the provider's.
 *
 * The demo's process tells it the secrets, and hears from it what was delivered.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isWebhookVerificationError, webhooks } from "@evergate/sdk";
import { isReceiverOrder, type ReceiverReport } from "./receiver-messages.ts";

/** The secret of each endpoint, as the gateway showed it once, by the path on which its events arrive. */
const secretOf = new Map<string, string>();
/** A delivery may come twice, such as after an answer that was lost: what was taken is remembered. */
const taken = new Set<string>();

const server = createServer((request, response) => void take(request, response));

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "/";
  const secret = secretOf.get(path);
  if (secret === undefined) {
    response.writeHead(404).end();
    return;
  }
  try {
    const event = await webhooks.verify(request, secret);
    if (taken.has(event.id)) tell({ kind: "repeated", path, id: event.id });
    else tell({ kind: "verified", path, event });
    taken.add(event.id);
    response.writeHead(204).end();
  } catch (error) {
    if (isWebhookVerificationError(error)) {
      tell({ kind: "refused", path, reason: error.reason });
      response.writeHead(400).end();
    } else {
      // Answered so, the gateway delivers it again later.
      response.writeHead(500).end();
      console.error(error);
    }
  }
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null)
    tell({ kind: "listening", port: address.port });
});

process.on("message", (message: unknown) => {
  if (!isReceiverOrder(message)) return;
  secretOf.set(message.path, message.secret);
  tell({ kind: "ready", path: message.path });
});

// Both mean that the demo is over, however it ended. Ctrl-C alone does not: the gateway may still have something to deliver.
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
process.on("SIGINT", () => {});

function tell(report: ReceiverReport): void {
  process.send?.(report);
}
