import type { PublicRoom } from "../app/room.ts";

/** Says that the process is alive. */
export const getHealth: PublicRoom<"getHealth"> = async () => ({
  status: 200,
  body: { status: "ok" },
});
