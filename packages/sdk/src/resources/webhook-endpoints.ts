import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import { EvergateError } from "../errors.ts";
import type {
  CreatedWebhookEndpoint,
  Event as EvergateEvent,
  ReconcileInput,
  WebhookAttempt,
  WebhookDelivery,
  WebhookEndpoint,
  WebhookEndpointId,
  WebhookEndpointInput,
  WebhookEndpointPatch,
  WebhookKeySet,
  WebhookSecretRotationInput,
  WebhookReconciliation,
  WebhookReplay,
  WebhookReplayId,
  WebhookReplayInput,
  WebhookReplayPreview,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** Where events are delivered. */
export interface WebhookEndpoints {
  /**
   * Has the partner's events delivered to a URL from now on, signed with the endpoint's secret
   * (Standard Webhooks). The secret is shown this once. A partner can have 16 endpoints, those
   * switched off included.
   *
   * Refused with `webhook_endpoint_limit_reached`, `webhook_url_not_allowed`,
   * `webhook_header_not_allowed`, `product_unknown`.
   */
  create(
    input: WebhookEndpointInput,
    options?: OptionsOf<"createWebhookEndpoint">,
  ): Promise<CreatedWebhookEndpoint>;

  /** Lists the partner's webhook endpoints, newest first. */
  list(
    query?: QueryOf<"listWebhookEndpoints">,
    options?: OptionsOf<"listWebhookEndpoints">,
  ): PagePromise<WebhookEndpoint>;

  /**
   * Reads one webhook endpoint.
   *
   * Refused with `not_found`.
   */
  get(
    endpointId: WebhookEndpointId,
    options?: OptionsOf<"getWebhookEndpoint">,
  ): Promise<WebhookEndpoint>;

  /**
   * Changes where, how and which events are delivered, or switches the endpoint off and on. Headers
   * that are left out stay as they are; null takes one away.
   *
   * Refused with `not_found`, `webhook_url_not_allowed`, `webhook_header_not_allowed`,
   * `product_unknown`.
   */
  update(
    endpointId: WebhookEndpointId,
    input: WebhookEndpointPatch,
    options?: OptionsOf<"updateWebhookEndpoint">,
  ): Promise<WebhookEndpoint>;

  /**
   * Ends deliveries to the endpoint, those still to be repeated included. Where the answer got lost
   * on the way, the try after it may find the endpoint gone: `not_found`.
   *
   * Refused with `not_found`.
   */
  delete(
    endpointId: WebhookEndpointId,
    options?: OptionsOf<"deleteWebhookEndpoint">,
  ): Promise<void>;

  /**
   * Gives the endpoint another secret, shown this once. For `overlapSeconds` (24 hours unless said,
   * at most 30 days) deliveries bear a signature with the secret until now as well.
   *
   * Refused with `not_found`, `webhook_secret_limit_reached`.
   */
  rotateSecret(
    endpointId: WebhookEndpointId,
    input?: WebhookSecretRotationInput,
    options?: OptionsOf<"rotateWebhookSecret">,
  ): Promise<CreatedWebhookEndpoint>;

  /**
   * Ends the endpoint's earlier secrets now, whatever overlap was asked for.
   *
   * Refused with `not_found`.
   */
  revokePreviousSecrets(
    endpointId: WebhookEndpointId,
    options?: OptionsOf<"revokePreviousWebhookSecrets">,
  ): Promise<WebhookEndpoint>;

  /**
   * Has the endpoint prove that it has its present secret: it is sent a challenge, which
   * `webhooks.answerChallenge` answers. Takes up to 15 seconds, or as long as the endpoint does.
   *
   * Refused with `not_found`, `webhook_challenge_failed`.
   */
  verify(
    endpointId: WebhookEndpointId,
    options?: OptionsOf<"verifyWebhookEndpoint">,
  ): Promise<WebhookEndpoint>;

  /**
   * Makes an event `webhook_endpoint.test` and delivers it to this endpoint alone, whatever it asks
   * for.
   *
   * Refused with `not_found`.
   */
  sendTest(
    endpointId: WebhookEndpointId,
    options?: OptionsOf<"testWebhookEndpoint">,
  ): Promise<EvergateEvent>;

  /**
   * Lists the attempts to deliver to an endpoint, newest first: what was answered, how long it
   * took, which address was reached, and when the next one is due. They are kept for 30 days.
   *
   * ```ts
   * for await (const attempt of evergate.webhookEndpoints.listAttempts(id, { status: "failed" }))
   *   console.log(attempt.attemptedAt, attempt.eventType, attempt.error);
   * ```
   *
   * Refused with `not_found`.
   */
  listAttempts(
    endpointId: WebhookEndpointId,
    query?: QueryOf<"listWebhookAttempts">,
    options?: OptionsOf<"listWebhookAttempts">,
  ): PagePromise<WebhookAttempt>;

  /**
   * Lists what was queued for an endpoint by its numbers, oldest first: what waits, and for what;
   * what was taken; what was given up.
   *
   * ```ts
   * for await (const delivery of evergate.webhookEndpoints.listDeliveries(id, { status: "pending" }))
   *   console.log(delivery.sequence, delivery.event, delivery.waitsFor, delivery.behind);
   * ```
   *
   * Refused with `not_found`.
   */
  listDeliveries(
    endpointId: WebhookEndpointId,
    query?: QueryOf<"listWebhookDeliveries">,
    options?: OptionsOf<"listWebhookDeliveries">,
  ): PagePromise<WebhookDelivery>;

  /**
   * The public keys that verify the `v1a` signatures of deliveries, for endpoints that ask for them.
   * It needs no key, and may be kept for five minutes. They sign for the endpoints of every
   * partner. `webhooks.publishedKeys` keeps them up to date for `webhooks.verify`.
   */
  getKeys(options?: OptionsOf<"getWebhookKeys">): Promise<WebhookKeySet>;

  /**
   * Delivers events to an endpoint once more: those that were given up, or all that it wants,
   * since an instant, by type. It goes on in steps, until it is completed or canceled; `getReplay`
   * tells how far it has come. What is delivered once more keeps its number and is the same bytes.
   *
   * ```ts
   * await evergate.webhookEndpoints.replay(endpoint.id, { only: "all", since: "2026-11-24T06:00:00Z" });
   * ```
   *
   * Refused with `not_found`, `webhook_replay_running`, `replay_ends_before_start`.
   */
  replay(
    endpointId: WebhookEndpointId,
    input: WebhookReplayInput,
    options?: OptionsOf<"createWebhookReplay">,
  ): Promise<WebhookReplay>;

  /** How many deliveries `replay` would make if it were called now. Nothing is done. Refused as it is. */
  previewReplay(
    endpointId: WebhookEndpointId,
    input: WebhookReplayInput,
    options?: OptionsOf<"createWebhookReplay">,
  ): Promise<WebhookReplayPreview>;

  /**
   * Lists the replays to an endpoint, newest first; those of the last 30 days and those that are
   * under way.
   *
   * Refused with `not_found`.
   */
  listReplays(
    endpointId: WebhookEndpointId,
    query?: QueryOf<"listWebhookReplays">,
    options?: OptionsOf<"listWebhookReplays">,
  ): PagePromise<WebhookReplay>;

  /**
   * Reads one replay, with how far it has come.
   *
   * Refused with `not_found`.
   */
  getReplay(
    endpointId: WebhookEndpointId,
    replayId: WebhookReplayId,
    options?: OptionsOf<"getWebhookReplay">,
  ): Promise<WebhookReplay>;

  /**
   * Ends a replay before it is completed. What it has put on its way so far is delivered all the
   * same.
   *
   * Refused with `not_found`, `webhook_replay_completed`.
   */
  cancelReplay(
    endpointId: WebhookEndpointId,
    replayId: WebhookReplayId,
    options?: OptionsOf<"cancelWebhookReplay">,
  ): Promise<WebhookReplay>;

  /**
   * Tells what the endpoint was given and its receiver doesn't have, by the numbers
   * (`delivery.sequence`) that the receiver has, and delivers it once more if asked to.
   *
   * ```ts
   * await evergate.webhookEndpoints.reconcile(endpoint.id, { received: [[1, 100], [105, 230]], redeliver: true });
   * ```
   *
   * Refused with `not_found`, `webhook_replay_running`, `received_range_reversed`.
   */
  reconcile(
    endpointId: WebhookEndpointId,
    input: ReconcileInput,
    options?: OptionsOf<"reconcileWebhookEndpoint">,
  ): Promise<WebhookReconciliation>;
}

export function createWebhookEndpoints({ call, list }: Calls): WebhookEndpoints {
  return {
    create: (input, options) => call("createWebhookEndpoint", { body: input }, options),
    list: (query, options) => list("listWebhookEndpoints", { query }, options),
    get: (endpointId, options) => call("getWebhookEndpoint", { path: { endpointId } }, options),
    update: (endpointId, input, options) =>
      call("updateWebhookEndpoint", { path: { endpointId }, body: input }, options),
    delete: (endpointId, options) =>
      call("deleteWebhookEndpoint", { path: { endpointId } }, options),
    rotateSecret: (endpointId, input = {}, options) =>
      call("rotateWebhookSecret", { path: { endpointId }, body: input }, options),
    revokePreviousSecrets: (endpointId, options) =>
      call("revokePreviousWebhookSecrets", { path: { endpointId } }, options),
    verify: (endpointId, options) =>
      call("verifyWebhookEndpoint", { path: { endpointId } }, options),
    sendTest: (endpointId, options) =>
      call("testWebhookEndpoint", { path: { endpointId } }, options),
    listAttempts: (endpointId, query, options) =>
      list("listWebhookAttempts", { path: { endpointId }, query }, options),
    listDeliveries: (endpointId, query, options) =>
      list("listWebhookDeliveries", { path: { endpointId }, query }, options),
    getKeys: (options) => call("getWebhookKeys", {}, options),
    replay: async (endpointId, input, options) =>
      readReplay(await call("createWebhookReplay", { path: { endpointId }, body: input }, options)),
    previewReplay: async (endpointId, input, options) =>
      readPreview(
        await call(
          "createWebhookReplay",
          { path: { endpointId }, query: { preview: true }, body: input },
          options,
        ),
      ),
    listReplays: (endpointId, query, options) =>
      list("listWebhookReplays", { path: { endpointId }, query }, options),
    getReplay: (endpointId, replayId, options) =>
      call("getWebhookReplay", { path: { endpointId, replayId } }, options),
    cancelReplay: (endpointId, replayId, options) =>
      call("cancelWebhookReplay", { path: { endpointId, replayId } }, options),
    reconcile: (endpointId, input, options) =>
      call("reconcileWebhookEndpoint", { path: { endpointId }, body: input }, options),
  };
}

// With `preview` the same operation answers what would come of it.
function readReplay(answer: WebhookReplay | WebhookReplayPreview): WebhookReplay {
  if ("isComplete" in answer)
    throw new EvergateError("The gateway answered with a preview, unasked.");
  return answer;
}

function readPreview(answer: WebhookReplay | WebhookReplayPreview): WebhookReplayPreview {
  if (!("isComplete" in answer)) throw new EvergateError("The gateway answered with no preview.");
  return answer;
}
