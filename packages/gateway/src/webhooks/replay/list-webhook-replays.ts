import type { PartnerReadRoom } from "../../app/room.ts";
import { findEndpoint } from "../../store/webhook-endpoints.ts";
import { listReplays } from "../../store/webhook-replays.ts";
import { refuseUnknownEndpoint } from "../endpoints/refuse-unknown-endpoint.ts";
import { toWireReplay } from "./to-wire.ts";

/** Refusals: `not_found`. */
export const listWebhookReplays: PartnerReadRoom<"listWebhookReplays"> = async (
  { path, query },
  { db, partner },
) => {
  const endpoint = await findEndpoint(db, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  const { data, nextCursor } = await listReplays(db, partner.id, endpoint.id, query);
  return { status: 200, body: { data: data.map(toWireReplay), nextCursor } };
};
