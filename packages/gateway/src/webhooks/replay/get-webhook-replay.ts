import { refuse, type Refused } from "../../app/problem.ts";
import type { PartnerReadRoom } from "../../app/room.ts";
import { findEndpoint } from "../../store/webhook-endpoints.ts";
import { findReplay } from "../../store/webhook-replays.ts";
import { refuseUnknownEndpoint } from "../endpoints/refuse-unknown-endpoint.ts";
import { toWireReplay } from "./to-wire.ts";

/** Refusals: `not_found`. */
export const getWebhookReplay: PartnerReadRoom<"getWebhookReplay"> = async (
  { path },
  { db, partner },
) => {
  if ((await findEndpoint(db, partner.id, path.endpointId)) === undefined)
    return refuseUnknownEndpoint(path.endpointId);
  const replay = await findReplay(db, partner.id, path.endpointId, path.replayId);
  return replay === undefined
    ? refuseUnknownReplay(path.replayId)
    : { status: 200, body: toWireReplay(replay) };
};

/** The same for a replay that never was, one of another endpoint and one of somebody else. */
export function refuseUnknownReplay(id: string): Refused {
  return refuse("not_found", `The endpoint has no replay ${id}.`);
}
