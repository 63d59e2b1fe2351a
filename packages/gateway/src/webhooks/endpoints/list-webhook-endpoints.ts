import type { PartnerReadRoom } from "../../app/room.ts";
import { listEndpoints } from "../../store/webhook-endpoints.ts";
import { toWireEndpoint } from "./to-wire.ts";

export const listWebhookEndpoints: PartnerReadRoom<"listWebhookEndpoints"> = async (
  { query },
  { db, partner, services },
) => {
  const { data, nextCursor } = await listEndpoints(db, partner.id, query);
  return {
    status: 200,
    body: { data: data.map((endpoint) => toWireEndpoint(endpoint, services.now())), nextCursor },
  };
};
