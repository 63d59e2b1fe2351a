import type { ReadRoom } from "../app/room.ts";
import { listSettlements as list } from "../store/settlements.ts";
import { toWireSettlement } from "./to-wire.ts";

/** Lists the settlements of all partners, newest first. */
export const listSettlements: ReadRoom<"listSettlements"> = async ({ query }, { db }) => {
  const page = await list(db, query, query);
  return {
    status: 200,
    body: { data: page.data.map(toWireSettlement), nextCursor: page.nextCursor },
  };
};
