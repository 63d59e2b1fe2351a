import { refuse } from "../app/problem.ts";
import type { ReadRoom } from "../app/room.ts";
import { toPartnerId } from "../ids.ts";
import { findPartner } from "../store/partners.ts";
import { toWirePartner } from "./to-wire.ts";

/** Reads one partner. */
export const getPartner: ReadRoom<"getPartner"> = async ({ path }, { db, at }) => {
  const partner = await findPartner(db, toPartnerId(path.partnerId));
  if (partner === undefined) return refuse("not_found", `There is no partner ${path.partnerId}.`);
  return { status: 200, body: toWirePartner(partner, at) };
};
