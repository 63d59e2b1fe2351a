import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { findEvent } from "../store/events.ts";
import { listEventAttempts as listAttempts } from "../store/webhook-attempts.ts";
import { toWireAttempt } from "../webhooks/endpoints/to-wire.ts";
import { placeNewEvents } from "./place-events.ts";

/** Lists the attempts to deliver an event, to whichever endpoint. Refusals: `not_found`. */
export const listEventAttempts: PartnerReadRoom<"listEventAttempts"> = async (
  { path, query },
  { db, partner, services },
) => {
  await placeNewEvents(services.store, partner.id, services.now);
  const event = await findEvent(db, partner.id, path.eventId);
  if (event === undefined) return refuse("not_found", `You have no event ${path.eventId}.`);
  const { data, nextCursor } = await listAttempts(db, partner.id, event.id, query, services.now());
  return { status: 200, body: { data: data.map(toWireAttempt), nextCursor } };
};
