import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type {
  CreatedWebhookEndpoint,
  WebhookAttempt,
  WebhookEndpoint,
  WebhookEndpointId,
  WebhookEndpointInput,
  WebhookEndpointPatch,
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
   * Refused with `webhook_endpoint_limit_reached`, `webhook_url_not_allowed`.
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
   * Changes where and which events are delivered, or switches the endpoint off and on.
   *
   * Refused with `not_found`, `webhook_url_not_allowed`.
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
   * Lists the attempts to deliver to an endpoint, newest first.
   *
   * Refused with `not_found`.
   */
  listAttempts(
    endpointId: WebhookEndpointId,
    query?: QueryOf<"listWebhookAttempts">,
    options?: OptionsOf<"listWebhookAttempts">,
  ): PagePromise<WebhookAttempt>;
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
    listAttempts: (endpointId, query, options) =>
      list("listWebhookAttempts", { path: { endpointId }, query }, options),
  };
}
