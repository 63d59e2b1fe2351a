import { refuse, refuseField } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import type { PartnerWriteRoom } from "../../app/room.ts";
import type { PartnerId } from "../../ids.ts";
import { lockEventPosition, type PlacedEvent } from "../../store/events.ts";
import { findPlacedEvent, mapDeliveriesOf } from "../../store/replayed-deliveries.ts";
import { hastenDeliveries, requeueDeliveries } from "../../store/webhook-deliveries.ts";
import type { Reader } from "../../store/store.ts";
import { listReceivingEndpoints, type WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { queueEvents, selectWanted } from "../delivery/fan-out.ts";

/**
 * Delivers one event once more, to one endpoint or to all that want it.
 * Refusals: `not_found`, `webhook_endpoint_unknown`.
 */
export const redeliverEvent: PartnerWriteRoom<"redeliverEvent"> = async ({ path, body }, world) => {
  const { tx, partner, services } = world;
  // Whoever queues an event that an endpoint never had holds the order of events: none is queued twice.
  await lockEventPosition(tx, services.store.dialect, partner.id);
  const event = await findPlacedEvent(tx, partner.id, path.eventId);
  if (event === undefined) return refuse("not_found", `You have no event ${path.eventId}.`);
  const endpoints = await listReceivingEndpoints(tx, partner.id);
  const chosen = await choose(tx, partner.id, endpoints, event, body.endpoint);
  if (body.endpoint !== undefined && chosen.length === 0)
    return refuseField(
      "webhook_endpoint_unknown",
      "/endpoint",
      `You have no webhook endpoint ${body.endpoint}.`,
    );

  const now = services.now();
  const had = await mapDeliveriesOf(tx, partner.id, event.id);
  for (const endpoint of chosen) {
    const delivery = had.get(endpoint.id);
    if (delivery === undefined) await queueEvents(tx, partner.id, endpoint, [event], now);
    else {
      const again = delivery.status === "pending" ? hastenDeliveries : requeueDeliveries;
      await again(tx, partner.id, endpoint.id, [delivery.sequence], now);
    }
  }
  const queued = await mapDeliveriesOf(tx, partner.id, event.id);
  const wire = {
    event: event.id,
    deliveries: chosen.flatMap(({ id }) => {
      const delivery = queued.get(id);
      return delivery === undefined ? [] : { endpoint: id, sequence: delivery.sequence };
    }),
  };
  await recordChange(world, "redeliverEvent", event.id, null, wire);
  return { status: 200, body: wire };
};

async function choose(
  db: Reader,
  partner: PartnerId,
  endpoints: readonly WebhookEndpoint[],
  event: PlacedEvent,
  named: string | undefined,
): Promise<readonly WebhookEndpoint[]> {
  if (named !== undefined) return endpoints.filter(({ id }) => id === named);
  const chosen: WebhookEndpoint[] = [];
  for (const endpoint of endpoints)
    if ((await selectWanted(db, partner, endpoint, [event])).length > 0) chosen.push(endpoint);
  return chosen;
}
