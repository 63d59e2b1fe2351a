import type { ReadRoom } from "../app/room.ts";
import { listApplications } from "../store/partner-applications.ts";
import { toWireApplication } from "./to-wire.ts";

/** Lists applications, newest first. */
export const listPartnerApplications: ReadRoom<"listPartnerApplications"> = async (
  { query },
  { db },
) => {
  const page = await listApplications(db, query, query);
  return {
    status: 200,
    body: { data: page.data.map(toWireApplication), nextCursor: page.nextCursor },
  };
};
