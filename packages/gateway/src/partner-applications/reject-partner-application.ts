import type { WriteRoom } from "../app/room.ts";
import { lockUndecided } from "./lock-undecided.ts";
import { saveApplication } from "./save-application.ts";

/** Rejects an application, looked at or not: what is no application needs no review. */
export const rejectPartnerApplication: WriteRoom<"rejectPartnerApplication"> = async (
  { path, body },
  world,
) => {
  const before = await lockUndecided(world, path.applicationId);
  if ("refused" in before) return before;
  const after = {
    ...before,
    status: "rejected" as const,
    decidedAt: world.at,
    rejectionReason: body.reason,
  };
  return {
    status: 200,
    body: await saveApplication(world, "rejectPartnerApplication", before, after),
  };
};
