import { isDeepStrictEqual } from "node:util";
import type { PartnerWriteRoom } from "../../app/room.ts";
import { refuse } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import {
  lockEndpoint,
  updateEndpoint,
  type WebhookEndpoint,
} from "../../store/webhook-endpoints.ts";
import { switchQueue, touchQueue } from "../../store/webhook-queues.ts";
import { checkEndpointUrl } from "../network/check-endpoint-url.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";
import { toWireEndpoint } from "./to-wire.ts";

/** Changes an endpoint. What is queued while it is off goes out when it is switched on again. Refusals: `not_found`, `webhook_url_not_allowed`. */
export const updateWebhookEndpoint: PartnerWriteRoom<"updateWebhookEndpoint"> = async (
  { path, body },
  world,
) => {
  const { tx, services, partner } = world;
  const before = await lockEndpoint(tx, services.store.dialect, partner.id, path.endpointId);
  if (before === undefined) return refuseUnknownEndpoint(path.endpointId);
  const after: WebhookEndpoint = {
    ...before,
    url: body.url ?? before.url,
    eventTypes: body.eventTypes ?? before.eventTypes,
    description: body.description ?? before.description,
    isEnabled: body.enabled ?? before.isEnabled,
  };
  const refusal =
    body.url === undefined ? undefined : checkEndpointUrl(after.url, services.privateWebhooks);
  if (refusal !== undefined) return refuse("webhook_url_not_allowed", refusal);
  const wire = toWireEndpoint(after);
  if (!isDeepStrictEqual(before, after)) {
    await updateEndpoint(tx, partner.id, after);
    if (before.isEnabled === after.isEnabled)
      await touchQueue(tx, partner.id, after.id, services.now());
    else await switchQueue(tx, partner.id, after.id, after.isEnabled, services.now());
    await recordChange(world, "updateWebhookEndpoint", after.id, toWireEndpoint(before), wire);
  }
  return { status: 200, body: wire };
};
