import type { PartnerReadRoom } from "../../app/room.ts";
import { listEndpoints } from "../../store/webhook-endpoints.ts";
import { answerEndpoints } from "./answer-endpoint.ts";

export const listWebhookEndpoints: PartnerReadRoom<"listWebhookEndpoints"> = async (
  { query },
  { db, partner, services },
) => {
  const { data, nextCursor } = await listEndpoints(db, partner.id, query);
  return {
    status: 200,
    body: { data: await answerEndpoints(db, partner.id, data, services.now()), nextCursor },
  };
};
