import { refuse } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import type { PartnerWriteRoom } from "../../app/room.ts";
import { findEndpoint } from "../../store/webhook-endpoints.ts";
import { lockReplay, updateReplay } from "../../store/webhook-replays.ts";
import { refuseUnknownEndpoint } from "../endpoints/refuse-unknown-endpoint.ts";
import { refuseUnknownReplay } from "./get-webhook-replay.ts";
import { endReplay } from "./take-step.ts";
import { toWireReplay } from "./to-wire.ts";

/**
 * Ends a replay between two of its steps; a step that is being taken is waited for.
 * Refusals: `not_found`, `webhook_replay_completed`.
 */
export const cancelWebhookReplay: PartnerWriteRoom<"cancelWebhookReplay"> = async (
  { path },
  world,
) => {
  const { tx, partner, services } = world;
  if ((await findEndpoint(tx, partner.id, path.endpointId)) === undefined)
    return refuseUnknownEndpoint(path.endpointId);
  const { endpointId, replayId } = path;
  const before = await lockReplay(tx, services.store.dialect, partner.id, endpointId, replayId);
  if (before === undefined) return refuseUnknownReplay(replayId);
  if (before.status === "completed")
    return refuse(
      "webhook_replay_completed",
      "The replay is completed. What it was about is on its way.",
    );
  if (before.status === "canceled") return { status: 200, body: toWireReplay(before) };
  const after = endReplay(before, "canceled", services.now());
  const wire = toWireReplay(after);
  await updateReplay(tx, partner.id, after);
  await recordChange(world, "cancelWebhookReplay", after.id, toWireReplay(before), wire);
  return { status: 200, body: wire };
};
