import { refuse, type Refused } from "../../app/problem.ts";
import type { PartnerWriteWorld } from "../../app/world.ts";
import { findUnfinishedReplay } from "../../store/webhook-replays.ts";

/** Refuses a replay to an endpoint, which the caller has locked, that has one under way. */
export async function refuseRunningReplay(
  { tx, partner }: Pick<PartnerWriteWorld, "tx" | "partner">,
  endpoint: string,
): Promise<Refused | undefined> {
  const running = await findUnfinishedReplay(tx, partner.id, endpoint);
  if (running === undefined) return undefined;
  return refuse(
    "webhook_replay_running",
    `The endpoint has a replay that is under way: ${running}. Wait for its end, or cancel it.`,
  );
}
