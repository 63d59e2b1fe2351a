import type { PartnerReadRoom } from "../app/room.ts";
import { toWirePartner } from "./to-wire.ts";

/** Reads the partner that the key belongs to, or acts for. */
export const getOwnPartner: PartnerReadRoom<"getOwnPartner"> = async (
  _request,
  { partner, at },
) => ({
  status: 200,
  body: toWirePartner(partner, at),
});
