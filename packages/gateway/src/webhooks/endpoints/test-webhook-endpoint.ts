import { formatInstant } from "@evergate/core";
import { recordChange } from "../../app/record-change.ts";
import type { PartnerWriteRoom } from "../../app/room.ts";
import { modeOf } from "../../events/mode-of.ts";
import { appendEvents } from "../../store/events.ts";
import { lockEndpoint } from "../../store/webhook-endpoints.ts";
import { answerEndpoint } from "./answer-endpoint.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";

/** Makes an event that goes to this endpoint alone, whatever it asks for. Refusals: `not_found`. */
export const testWebhookEndpoint: PartnerWriteRoom<"testWebhookEndpoint"> = async (
  { path },
  world,
) => {
  const { tx, services, partner, at } = world;
  const endpoint = await lockEndpoint(tx, services.store.dialect, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  const type = "webhook_endpoint.test";
  const data = {
    ...(await answerEndpoint(tx, partner.id, endpoint, services.now())),
    previous: null,
    ...modeOf(partner),
  };
  const [id = ""] = await appendEvents(tx, partner.id, [
    { type, subscription: null, sequence: null, occurredAt: at, data },
  ]);
  await recordChange(world, "testWebhookEndpoint", endpoint.id, null, { event: id });
  return {
    status: 201,
    headers: { location: `/v1/events/${id}` },
    body: { id, type, timestamp: formatInstant(at), data },
  };
};
