import { refuse } from "../app/problem.ts";
import type { ReadRoom } from "../app/room.ts";
import { findSettlementById } from "../store/settlements.ts";
import { toWireSettlement } from "./to-wire.ts";

/** Reads one settlement. */
export const getSettlement: ReadRoom<"getSettlement"> = async ({ path }, { db }) => {
  const run = await findSettlementById(db, path.settlementId);
  if (run === undefined) return refuse("not_found", `There is no settlement ${path.settlementId}.`);
  return { status: 200, body: toWireSettlement(run) };
};
