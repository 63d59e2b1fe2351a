import { formatInstant, type Instant } from "@evergate/core";
import type { components } from "../../generated/api.ts";
import type { PartnerId } from "../../ids.ts";
import type { Reader } from "../../store/store.ts";
import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { listHealth, type EndpointHealth } from "../../store/webhook-health.ts";
import { toWireEndpoint, toWireInstant } from "./to-wire.ts";

type WireEndpoint = components["schemas"]["WebhookEndpoint"];
type WireHealth = components["schemas"]["WebhookHealth"];

/** Endpoints as the API answers them, each with how it fares. */
export async function answerEndpoints(
  db: Reader,
  partner: PartnerId,
  endpoints: readonly WebhookEndpoint[],
  now: Instant,
): Promise<WireEndpoint[]> {
  const ids = endpoints.map(({ id }) => id);
  const healthOf = await listHealth(db, partner, ids, now);
  return endpoints.flatMap((endpoint) => {
    const health = healthOf.get(endpoint.id);
    return health === undefined
      ? []
      : { ...toWireEndpoint(endpoint, now), health: toWireHealth(health, now) };
  });
}

/** The same of one, whose queue exists as long as it does. */
export async function answerEndpoint(
  db: Reader,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
  now: Instant,
): Promise<WireEndpoint> {
  const [answer] = await answerEndpoints(db, partner, [endpoint], now);
  if (answer === undefined) throw new Error(`The endpoint ${endpoint.id} has no queue.`);
  return answer;
}

function toWireHealth(health: EndpointHealth, now: Instant): WireHealth {
  const { restsUntil } = health;
  return {
    status: toStatus(health),
    reason: health.disabledReason,
    failingSince: toWireInstant(health.failingSince),
    disabledAt: toWireInstant(health.disabledAt),
    restsUntil: restsUntil === null || restsUntil <= now ? null : formatInstant(restsUntil),
    lastSuccessAt: toWireInstant(health.lastSuccessAt),
    lastFailureAt: toWireInstant(health.lastFailureAt),
    lastError: health.lastError,
    nextAttemptAt: toWireInstant(health.nextAttemptAt),
    pending: health.pending,
    oldestPendingAt: toWireInstant(health.oldestPendingAt),
    lastSequence: health.lastSequence,
  };
}

function toStatus({ disabledAt, failingSince }: EndpointHealth): WireHealth["status"] {
  if (disabledAt !== null) return "disabled";
  return failingSince === null ? "healthy" : "failing";
}
