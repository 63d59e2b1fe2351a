import { formatInstant } from "@evergate/core";
import type { components } from "../../generated/api.ts";
import type { WebhookAttempt } from "../../store/webhook-attempts.ts";
import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";

export type WireWebhookEndpoint = components["schemas"]["WebhookEndpoint"];
export type WireWebhookAttempt = components["schemas"]["WebhookAttempt"];

/* oxlint-disable typescript/no-unsafe-type-assertion -- the contract checked these words when they came in */
export function toWireEndpoint(endpoint: WebhookEndpoint): WireWebhookEndpoint {
  return {
    id: endpoint.id,
    url: endpoint.url,
    eventTypes: endpoint.eventTypes as WireWebhookEndpoint["eventTypes"],
    description: endpoint.description,
    enabled: endpoint.isEnabled,
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
    error: attempt.error,
    durationMs: attempt.durationMs,
    attemptedAt: formatInstant(attempt.attemptedAt),
    nextAttemptAt: attempt.nextAttemptAt === null ? null : formatInstant(attempt.nextAttemptAt),
  };
}
/* oxlint-enable typescript/no-unsafe-type-assertion */
