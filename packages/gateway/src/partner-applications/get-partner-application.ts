import { refuse } from "../app/problem.ts";
import type { ReadRoom } from "../app/room.ts";
import { findApplication } from "../store/partner-applications.ts";
import { toWireApplication } from "./to-wire.ts";

/** Reads one application. */
export const getPartnerApplication: ReadRoom<"getPartnerApplication"> = async (
  { path },
  { db },
) => {
  const application = await findApplication(db, path.applicationId);
  if (application === undefined)
    return refuse("not_found", `There is no application ${path.applicationId}.`);
  return { status: 200, body: toWireApplication(application) };
};
