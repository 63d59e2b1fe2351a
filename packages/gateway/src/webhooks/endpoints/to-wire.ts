import { formatInstant, type Instant } from "@evergate/core";
import type { components } from "../../generated/api.ts";
import type { WebhookAttempt } from "../../store/webhook-attempts.ts";
import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";

export type WireWebhookEndpoint = components["schemas"]["WebhookEndpointFields"];
export type WireWebhookAttempt = components["schemas"]["WebhookAttempt"];

/* oxlint-disable typescript/no-unsafe-type-assertion -- the contract checked these words when they came in */
/** What its owner has set of an endpoint, as the API answers it. `now` tells which of its earlier secrets have ended. */
export function toWireEndpoint(endpoint: WebhookEndpoint, now: Instant): WireWebhookEndpoint {
  return {
    id: endpoint.id,
    url: endpoint.url,
    eventTypes: endpoint.eventTypes as WireWebhookEndpoint["eventTypes"],
    filters: {
      products: endpoint.filters.products === null ? null : [...endpoint.filters.products],
      mode: endpoint.filters.mode,
    },
    headers: Object.fromEntries(
      Object.entries(endpoint.headersSetAt).map(([name, at]) => [
        name,
        { setAt: formatInstant(at) },
      ]),
    ),
    payload: endpoint.payload,
    concurrency: endpoint.concurrency,
    ordering: endpoint.ordering,
    challenge: endpoint.isChallenged,
    verifiedAt: toWireInstant(endpoint.verifiedAt),
    secretSetAt: formatInstant(endpoint.secretSetAt),
    previousSecrets: endpoint.previousSecretsEndAt.flatMap((at) =>
      at > now ? { expiresAt: formatInstant(at) } : [],
    ),
    description: endpoint.description,
    enabled: endpoint.isEnabled,
    signatures: endpoint.isSignedByGateway ? ["v1", "v1a"] : ["v1"],
    receipts: endpoint.receipts as WireWebhookEndpoint["receipts"],
    createdAt: formatInstant(endpoint.createdAt),
  };
}

export function toWireAttempt(attempt: WebhookAttempt): WireWebhookAttempt {
  return {
    id: attempt.id,
    endpoint: attempt.endpoint,
    event: attempt.event,
    eventType: attempt.eventType as WireWebhookAttempt["eventType"],
    attempt: attempt.number,
    status: attempt.hasSucceeded ? "succeeded" : "failed",
    responseStatus: attempt.responseStatus,
    responseExcerpt: attempt.responseExcerpt,
    error: attempt.error,
    address: attempt.address,
    durationMs: attempt.durationMs,
    attemptedAt: formatInstant(attempt.attemptedAt),
    nextAttemptAt: toWireInstant(attempt.nextAttemptAt),
    givenUp: attempt.isGivenUp,
  };
}
/* oxlint-enable typescript/no-unsafe-type-assertion */

export function toWireInstant(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
