import { refuseField, type Refused } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import type { PartnerWriteRoom } from "../../app/room.ts";
import type { PartnerWriteWorld } from "../../app/world.ts";
import type { components } from "../../generated/api.ts";
import { makeId } from "../../ids.ts";
import { listDeliveriesIn, mapEventTypes } from "../../store/replayed-deliveries.ts";
import { hastenDeliveries } from "../../store/webhook-deliveries.ts";
import { lockEndpoint, type WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { getLastSequence } from "../../store/webhook-queues.ts";
import { insertReplay, type WebhookReplay } from "../../store/webhook-replays.ts";
import { refuseUnknownEndpoint } from "../endpoints/refuse-unknown-endpoint.ts";
import {
  clipRanges,
  complementRanges,
  countNumbers,
  normalizeRanges,
  type Range,
} from "./ranges.ts";
import { refuseRunningReplay } from "./refuse-running-replay.ts";
import { countDeliveries, selectChunk } from "./select-chunk.ts";
import { carryOnReplay, maximumChunk } from "./take-step.ts";
import { toWireReplay } from "./to-wire.ts";

type Wire = components["schemas"]["WebhookReconciliation"];

/** So many missing deliveries are told of in one answer. */
const maximumTold = 200;

/**
 * Compares what the endpoint was given with what its receiver has. What is missing is told as it stood, and then delivered
 * once more where that is asked for: at once, or, where there is much, as a replay that has begun.
 * Refusals: `not_found`, `webhook_replay_running`, `received_range_reversed`.
 */
export const reconcileWebhookEndpoint: PartnerWriteRoom<"reconcileWebhookEndpoint"> = async (
  { path, body },
  world,
) => {
  const { tx, partner, services } = world;
  const endpoint = await lockEndpoint(tx, services.store.dialect, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  const received = readRanges(body.received);
  if ("refused" in received) return received;

  const last = await getLastSequence(tx, partner.id, endpoint.id);
  const missing = complementRanges(received, 1, last);
  const told = await tell(world, endpoint.id, clipRanges(missing, (body.after ?? 0) + 1, last));
  const replay = body.redeliver === true ? await redeliver(world, endpoint, missing, last) : null;
  if (replay !== null && "refused" in replay) return replay;
  return {
    status: 200,
    body: {
      endpoint: endpoint.id,
      lastSequence: last,
      missingCount: countNumbers(missing),
      missingRanges: toWireRanges(missing),
      ...told,
      unknownRanges: toWireRanges(clipRanges(received, last + 1, Number.MAX_SAFE_INTEGER)),
      replay: replay && toWireReplay(replay),
    },
  };
};

function readRanges(ranges: readonly (readonly number[])[]): readonly Range[] | Refused {
  const read = ranges.map(([from = 0, to = 0]): Range => [from, to]);
  const reversed = read.findIndex(([from, to]) => to < from);
  return reversed === -1
    ? normalizeRanges(read)
    : refuseField(
        "received_range_reversed",
        `/received/${reversed}`,
        `The range [${read[reversed]?.join(", ")}] ends before it begins.`,
      );
}

/** Tells what the first of the missing numbers are, and which of them are known no more. */
async function tell(
  { tx, partner }: PartnerWriteWorld,
  endpoint: string,
  missing: readonly Range[],
): Promise<Pick<Wire, "missing" | "expiredRanges" | "nextAfter">> {
  const found = await listDeliveriesIn(tx, partner.id, endpoint, missing, maximumTold + 1);
  const shown = found.slice(0, maximumTold);
  const types = await mapEventTypes(
    tx,
    partner.id,
    shown.map(({ event }) => event),
  );
  const nextAfter = found.length > maximumTold ? (shown.at(-1)?.sequence ?? null) : null;
  const looked = nextAfter === null ? missing : clipRanges(missing, 1, nextAfter);
  const known = shown.map(({ sequence }): Range => [sequence, sequence]);
  return {
    missing: shown.map(({ sequence, event, status }) => ({
      sequence,
      event,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the event was stored with a type of the contract
      eventType: (types.get(event) ?? "") as Wire["missing"][number]["eventType"],
      status,
    })),
    expiredRanges: toWireRanges(
      looked.flatMap(([from, to]) => complementRanges(clipRanges(known, from, to), from, to)),
    ),
    nextAfter,
  };
}

/** Delivers what is missing once more; null where there is nothing to do but to wait no longer for what is pending. */
async function redeliver(
  world: PartnerWriteWorld,
  endpoint: WebhookEndpoint,
  missing: readonly Range[],
  last: number,
): Promise<WebhookReplay | Refused | null> {
  const { tx, partner, services } = world;
  if (missing.length === 0) return null;
  const now = services.now();
  const begun: WebhookReplay = {
    id: makeId("replay"),
    endpoint: endpoint.id,
    status: "counting",
    selection: "missing",
    since: null,
    until: null,
    eventTypes: null,
    ranges: missing,
    startsAfter: 0,
    lastPlace: last,
    reached: 0,
    isCounted: false,
    count: 0,
    done: 0,
    added: 0,
    createdAt: now,
    finishedAt: null,
  };
  const chunk = await selectChunk(tx, partner.id, endpoint, begun, 0, maximumChunk);
  if (chunk.isLast && countDeliveries(chunk) === 0) {
    await hastenDeliveries(tx, partner.id, endpoint.id, chunk.pending, now);
    return null;
  }
  const running = await refuseRunningReplay(world, endpoint.id);
  if (running !== undefined) return running;
  const replay = await carryOnReplay(tx, partner.id, endpoint, begun, chunk, now);
  await insertReplay(tx, partner.id, replay);
  await recordChange(world, "reconcileWebhookEndpoint", replay.id, null, toWireReplay(replay));
  return replay;
}

function toWireRanges(ranges: readonly Range[]): number[][] {
  return ranges.map(([from, to]) => [from, to]);
}
