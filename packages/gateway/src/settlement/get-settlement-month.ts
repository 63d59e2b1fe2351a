import type { ReadRoom } from "../app/room.ts";
import { readMonth } from "../app/read-time.ts";
import { countSettled } from "../store/settlements.ts";

/** Says whether a month is settled for all live partners. */
export const getSettlementMonth: ReadRoom<"getSettlementMonth"> = async ({ path }, { db }) => {
  const month = readMonth(path.month, "/path/month");
  const { waiting, settled, billed, failing } = await countSettled(db, month);
  return {
    status: 200,
    body: {
      month,
      isComplete: waiting === 0,
      partners: { of: waiting + settled, settled, billed, failing },
    },
  };
};
