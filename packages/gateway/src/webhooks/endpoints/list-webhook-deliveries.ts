import { formatInstant } from "@evergate/core";
import type { PartnerReadRoom } from "../../app/room.ts";
import type { components } from "../../generated/api.ts";
import { listDeliveries, type ListedDelivery } from "../../store/listed-deliveries.ts";
import { findEndpoint } from "../../store/webhook-endpoints.ts";
import { findRest } from "../../store/webhook-queues.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";
import { toWireInstant } from "./to-wire.ts";
import { decideWait, type Wait } from "./what-waits.ts";

type WireDelivery = components["schemas"]["WebhookDelivery"];

/** Lists what was queued for an endpoint, by its numbers, and what waits for what. Refusals: `not_found`. */
export const listWebhookDeliveries: PartnerReadRoom<"listWebhookDeliveries"> = async (
  { path, query },
  { db, partner, services },
) => {
  const endpoint = await findEndpoint(db, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  const resumesAt = await findRest(db, partner.id, endpoint.id);
  const { data, nextCursor } = await listDeliveries(
    db,
    services.store.dialect,
    partner.id,
    endpoint,
    query,
  );
  const now = services.now();
  return {
    status: 200,
    body: {
      data: data.map((delivery) =>
        toWireDelivery(
          delivery,
          delivery.status === "pending" ? decideWait(endpoint, resumesAt, delivery, now) : null,
        ),
      ),
      nextCursor,
    },
  };
};

function toWireDelivery(delivery: ListedDelivery, wait: Wait | null): WireDelivery {
  return {
    sequence: delivery.sequence,
    event: delivery.event,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- events are stored with types of the contract
    eventType: delivery.eventType as WireDelivery["eventType"],
    subscription: delivery.subscription,
    status: delivery.status,
    attempts: delivery.attemptCount,
    queuedAt: formatInstant(delivery.queuedAt),
    finishedAt: toWireInstant(delivery.finishedAt),
    waitsFor: wait?.waitsFor ?? null,
    behind: wait?.behind ?? null,
    nextAttemptAt: toWireInstant(wait?.until ?? null),
  };
}
