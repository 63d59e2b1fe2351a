import { refuse, type Refused } from "../app/problem.ts";
import type { WriteWorld } from "../app/world.ts";
import { lockApplication, type PartnerApplication } from "../store/partner-applications.ts";

/** Locks an application on which nobody has decided. Refuses with `not_found`, then with `application_decided`. */
export async function lockUndecided(
  { tx, services }: WriteWorld,
  id: string,
): Promise<PartnerApplication | Refused> {
  const application = await lockApplication(tx, services.store.dialect, id);
  if (application === undefined) return refuse("not_found", `There is no application ${id}.`);
  if (application.status === "approved" || application.status === "rejected")
    return refuse("application_decided", `The application is ${application.status} already.`);
  return application;
}
