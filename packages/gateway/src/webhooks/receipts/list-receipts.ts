import type { PartnerReadRoom } from "../../app/room.ts";
import { placeNewEvents } from "../../events/place-events.ts";
import { listReceipts as list } from "../../store/receipts.ts";
import { toWireReceipt } from "./to-wire.ts";

/** Lists what the partner's endpoints owe or have reported, newest first. */
export const listReceipts: PartnerReadRoom<"listReceipts"> = async (
  { query },
  { db, partner, services },
) => {
  // Who has just ordered something finds what is awaited of it, though events are handed out in a step of their own.
  if (partner.expectsReceipts) await placeNewEvents(services.store, partner.id, services.now);
  const page = await list(db, partner.id, { status: query.status, event: query.event }, query);
  return { status: 200, body: { data: page.data.map(toWireReceipt), nextCursor: page.nextCursor } };
};
