import type { PartnerReadRoom } from "../../app/room.ts";
import { listAttempts } from "../../store/webhook-attempts.ts";
import { findEndpoint } from "../../store/webhook-endpoints.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";
import { toWireAttempt } from "./to-wire.ts";

/** Refusals: `not_found`. */
export const listWebhookAttempts: PartnerReadRoom<"listWebhookAttempts"> = async (
  { path, query },
  { db, partner },
) => {
  const endpoint = await findEndpoint(db, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  const { data, nextCursor } = await listAttempts(db, partner.id, endpoint, query);
  return { status: 200, body: { data: data.map(toWireAttempt), nextCursor } };
};
