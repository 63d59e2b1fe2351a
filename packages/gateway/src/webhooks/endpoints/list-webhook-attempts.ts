import type { PartnerReadRoom } from "../../app/room.ts";
import { listEndpointAttempts } from "../../store/webhook-attempts.ts";
import { findEndpoint } from "../../store/webhook-endpoints.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";
import { toWireAttempt } from "./to-wire.ts";

/** Lists the attempts made to an endpoint; those of an event that isn't there are none. Refusals: `not_found`. */
export const listWebhookAttempts: PartnerReadRoom<"listWebhookAttempts"> = async (
  { path, query },
  { db, partner, services },
) => {
  const endpoint = await findEndpoint(db, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  const { data, nextCursor } = await listEndpointAttempts(
    db,
    partner.id,
    endpoint.id,
    query,
    services.now(),
  );
  return { status: 200, body: { data: data.map(toWireAttempt), nextCursor } };
};
