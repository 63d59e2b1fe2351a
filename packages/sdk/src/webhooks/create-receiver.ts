import { isWebhookVerificationError, type WebhookRefusal } from "../errors.ts";
import type { ReconcileInput, TakenReceipt, WebhookReconciliation } from "../generated/api.ts";
import { verifyWebhook, type DeliveredEvent, type VerifyOptions } from "./verify-webhook.ts";
import { answerChallenge } from "./answer-challenge.ts";
import { answerReceipt } from "./answer-receipt.ts";
import type { WebhookRequest } from "./read-body.ts";
import { toReport, type SequenceRange } from "./sequence-ranges.ts";
import { isPublished, type WebhookKeys } from "./webhook-keys.ts";

export interface ReceiverOptions extends Pick<VerifyOptions, "maxBodyBytes"> {
  /** The endpoint (`wh_…`) whose deliveries come here; others are refused. */
  readonly endpoint: string;
  /** Its secret, while it is being changed both, or the gateway's public keys. */
  readonly keys: WebhookKeys;
  /**
   * Does what an event asks for, and remembers its `delivery.sequence`: in one transaction, which does nothing where the
   * number is remembered already. An event may come more than once, several at once, and after a younger one of the same
   * subscription: then its `data.sequence` is lower. Where it throws, the event comes again.
   *
   * Where the endpoint is asked for receipts (its `receipts`), answer what became of the event, and the same again where
   * it has come before: the first answer may have got lost. Answer nothing where that is not known yet, and report it
   * later with `evergate.receipts.record`.
   */
  take(event: DeliveredEvent): TakenReceipt | void | Promise<TakenReceipt | void>;
  /** The numbers that are remembered, as ranges from and to, both included. */
  received(): Iterable<SequenceRange> | Promise<Iterable<SequenceRange>>;
  /** Is told of what was refused, and of what `take` threw. */
  onError(error: unknown): void;
}

/** What can ask the gateway what is missing: a client whose key may `webhooks:write`. */
export interface Reconciler {
  readonly webhookEndpoints: {
    reconcile(endpoint: string, input: ReconcileInput): Promise<WebhookReconciliation>;
  };
}

/** Of a response of Node what is needed. */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
}

export interface Receiver {
  /** Takes a delivery and makes the answer to it. It never rejects. */
  receive(request: WebhookRequest): Promise<Response>;
  /** The same for `node:http`: `createServer(receiver.listener)`. */
  readonly listener: (request: WebhookRequest, response: NodeResponse) => void;
  /**
   * Asks the gateway what is missing and has it delivered once more. What it answers is yours to look at: `missingCount`
   * counts what is on its way as well. Call it after each start, and every few minutes.
   */
  reconcile(client: Reconciler): Promise<WebhookReconciliation>;
}

/** The receiving program is to blame: the sender can't mend it, but may find it mended at its next try. */
const ownMistakes: ReadonlySet<WebhookRefusal> = new Set([
  "secret_unusable",
  "endpoint_not_given",
  "body_parsed",
  "body_used",
]);

/**
 * Receives the deliveries of one endpoint: verifies them, answers challenges, has each event taken, and finds out what got
 * lost. What it needs of you is a place to remember numbers in, next to what events change:
 *
 * ```ts
 * const receiver = createReceiver({
 *   endpoint: "wh_…",
 *   keys: secret,
 *   take: (event) => db.transaction(async (tx) => {
 *     const ranges = addSequence(await tx.lockRanges(), event.delivery.sequence);
 *     if (ranges === null) return; // it came before
 *     await apply(tx, event);
 *     await tx.saveRanges(ranges);
 *   }),
 *   received: () => db.loadRanges(),
 *   onError: console.error,
 * });
 * app.post("/evergate", (c) => receiver.receive(c.req.raw));
 * setInterval(() => receiver.reconcile(evergate).catch(console.error), 60_000);
 * ```
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { endpoint, keys, maxBodyBytes } = options;

  async function answer(request: WebhookRequest): Promise<Response> {
    const event = await verifyWebhook(request, keys, { expectedEndpoint: endpoint, maxBodyBytes });
    // Only who has the secret can answer a challenge, and public keys are none.
    const secrets = isPublished(keys)
      ? []
      : [keys].flat().filter((key) => key.startsWith("whsec_"));
    const challenge = await answerChallenge(event, secrets);
    if (challenge !== null) return Response.json(challenge);
    const receipt = await options.take(event);
    return receipt === undefined
      ? new Response(null, { status: 204 })
      : Response.json(answerReceipt(receipt));
  }

  async function receive(request: WebhookRequest): Promise<Response> {
    try {
      return await answer(request);
    } catch (error) {
      options.onError(error);
      return isWebhookVerificationError(error)
        ? new Response(error.reason, { status: toStatus(error.reason) })
        : new Response("not_taken", { status: 500 });
    }
  }

  return {
    receive,
    listener: (request, response) => {
      void receive(request).then(async (made) =>
        response.writeHead(made.status, Object.fromEntries(made.headers)).end(await made.text()),
      );
    },
    async reconcile(client) {
      const ranges = toReport(await options.received());
      return client.webhookEndpoints.reconcile(endpoint, { received: ranges, redeliver: true });
    },
  };
}

/** 503 and 500 are tried again; so is 400, but whoever forges is told no more. */
function toStatus(reason: WebhookRefusal): number {
  if (reason === "keys_unavailable") return 503;
  return ownMistakes.has(reason) ? 500 : 400;
}
