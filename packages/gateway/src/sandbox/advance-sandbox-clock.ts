import { setTimeout as delay } from "node:timers/promises";
import { formatInstant, toInstant, type Instant } from "@evergate/core";
import { ProblemError, refuse, refuseField } from "../app/problem.ts";
import type { ProcessRoom } from "../app/room.ts";
import type { PartnerReadWorld } from "../app/world.ts";
import { catchUp } from "../clockwork/catch-up.ts";
import { readInstant } from "../app/read-time.ts";
import { placeNewEvents } from "../events/place-events.ts";
import { appendAudit } from "../store/audit-log.ts";
import { lockPartnerToChange, updatePartnerClock } from "../store/partners.ts";

const farthestMs = 3_653 * 86_400_000;
const busyDelayMs = 20;

/**
 * Advances a sandbox's clock: everything due until then is carried out, in order, and the answer comes when it is done.
 * The goal is stored first: should the process die on the way, the clockwork goes on to it at the next start.
 */
export const advanceSandboxClock: ProcessRoom<"advanceSandboxClock"> = async ({ body }, world) => {
  const { partner, services } = world;
  if (partner.mode !== "sandbox")
    return refuse(
      "not_a_sandbox",
      "A live partner follows the system's clock, which nobody advances.",
    );
  const to = readInstant(body.to, "/to");
  await storeGoal(world, to);
  while ((await catchUp(services, partner.id, to)) === "busy") await delay(busyDelayMs);
  await placeNewEvents(services.store, partner.id, services.now);
  services.signals.eventsStored(partner.id);
  return { status: 200, body: { now: formatInstant(to) } };
};

async function storeGoal(
  { partner, services, caller, requestId }: PartnerReadWorld,
  to: Instant,
): Promise<void> {
  const { store } = services;
  await store.transaction(async (tx) => {
    const current = await lockPartnerToChange(tx, store.dialect, partner.id);
    if (current === undefined) throw new ProblemError("not_found", "The partner is gone.");
    const from = current.clockTargetAt ?? current.clockAt;
    if (to < from)
      throw refuseField(
        "clock_goes_back",
        "/to",
        `It is ${formatInstant(from)} already; a clock never goes back.`,
      ).refused;
    if (to > toInstant(current.clockAt + farthestMs))
      throw refuseField(
        "clock_too_far",
        "/to",
        "The clock can be advanced by at most 10 years at once.",
      ).refused;
    if (to === current.clockAt) return;
    await updatePartnerClock(tx, partner.id, { clockTargetAt: to });
    await appendAudit(tx, services.sealer, partner.id, [
      {
        at: current.clockAt,
        recordedAt: services.now(),
        action: "advanceSandboxClock",
        subject: partner.id,
        actor: caller.actor,
        apiKey: caller.keyId,
        requestId,
        before: { now: formatInstant(current.clockAt) },
        after: { now: formatInstant(to) },
      },
    ]);
  });
}
