import { refuse, type Refused } from "../../app/problem.ts";

/** The same for an endpoint that never was and for one of somebody else. */
export function refuseUnknownEndpoint(id: string): Refused {
  return refuse("not_found", `You have no webhook endpoint ${id}.`);
}
