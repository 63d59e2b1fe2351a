import type { PartnerReadRoom } from "../../app/room.ts";
import { findEndpoint } from "../../store/webhook-endpoints.ts";
import { answerEndpoint } from "./answer-endpoint.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";

/** Refusals: `not_found`. */
export const getWebhookEndpoint: PartnerReadRoom<"getWebhookEndpoint"> = async (
  { path },
  { db, partner, services },
) => {
  const endpoint = await findEndpoint(db, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  return { status: 200, body: await answerEndpoint(db, partner.id, endpoint, services.now()) };
};
