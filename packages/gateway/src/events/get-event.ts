import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import { findEvent } from "../store/events.ts";
import { placeNewEvents } from "./place-events.ts";
import { toWireEvent } from "./to-wire.ts";

/** Reads one event. */
export const getEvent: PartnerReadRoom<"getEvent"> = async (
  { path },
  { db, partner, services },
) => {
  await placeNewEvents(services.store, partner.id, services.now);
  const event = await findEvent(db, partner.id, path.eventId);
  if (event === undefined) return refuse("not_found", `You have no event ${path.eventId}.`);
  return { status: 200, body: toWireEvent(event) };
};
