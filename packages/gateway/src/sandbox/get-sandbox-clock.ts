import { formatInstant } from "@evergate/core";
import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";

/** Reads what time it is in a sandbox. */
export const getSandboxClock: PartnerReadRoom<"getSandboxClock"> = async (
  _request,
  { partner, at },
) => {
  if (partner.mode !== "sandbox")
    return refuse("not_a_sandbox", "A live partner follows the system's clock.");
  return { status: 200, body: { now: formatInstant(at) } };
};
