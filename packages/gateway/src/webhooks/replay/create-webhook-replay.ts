import { setImmediate as yieldToOthers } from "node:timers/promises";
import { refuseField, type Refused } from "../../app/problem.ts";
import { readInstant } from "../../app/read-time.ts";
import { recordChange } from "../../app/record-change.ts";
import type { PartnerReadRoom, PartnerWriteRoom } from "../../app/room.ts";
import type { OperationRequest } from "../../contract/operation.ts";
import { placeNewEvents } from "../../events/place-events.ts";
import { makeId, type PartnerId } from "../../ids.ts";
import { getLastPosition } from "../../store/events.ts";
import { findPlaceBefore } from "../../store/replayed-deliveries.ts";
import type { Reader } from "../../store/store.ts";
import { findEndpoint, lockEndpoint } from "../../store/webhook-endpoints.ts";
import { getLastSequence } from "../../store/webhook-queues.ts";
import { insertReplay, type WebhookReplay } from "../../store/webhook-replays.ts";
import { refuseUnknownEndpoint } from "../endpoints/refuse-unknown-endpoint.ts";
import { refuseRunningReplay } from "./refuse-running-replay.ts";
import { countDeliveries, selectChunk, type ReplayScope } from "./select-chunk.ts";
import { toWireReplay } from "./to-wire.ts";

/** A preview looks at so many places at the most: about two seconds' work. */
const maximumPreviewed = 250_000;

/** So many at a time: on SQLite nobody else is answered meanwhile. */
const previewChunk = 1_000;

/**
 * Begins a replay; the rest is `run-replays.ts`'.
 * Refusals: `not_found`, `webhook_replay_running`, `replay_ends_before_start`.
 */
export const createWebhookReplay: PartnerWriteRoom<"createWebhookReplay"> = async (
  { path, body },
  world,
) => {
  const { tx, partner, services } = world;
  const endpoint = await lockEndpoint(tx, services.store.dialect, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  const running = await refuseRunningReplay(world, endpoint.id);
  if (running !== undefined) return running;
  const range = await readRange(tx, partner.id, endpoint.id, body);
  if ("refused" in range) return range;
  const replay: WebhookReplay = {
    ...range,
    id: makeId("replay"),
    endpoint: endpoint.id,
    status: "counting",
    reached: range.startsAfter,
    isCounted: false,
    count: 0,
    done: 0,
    added: 0,
    createdAt: services.now(),
    finishedAt: null,
  };
  const wire = toWireReplay(replay);
  await insertReplay(tx, partner.id, replay);
  await recordChange(world, "createWebhookReplay", replay.id, null, wire);
  return { status: 200, body: wire };
};

/** Counts what a replay would deliver, by the same decision, and changes nothing. */
export const previewReplay: PartnerReadRoom<"createWebhookReplay"> = async (
  { path, body },
  { db, partner, services },
) => {
  const endpoint = await findEndpoint(db, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  // Who has just ordered something finds it counted.
  await placeNewEvents(services.store, partner.id, services.now);
  const range = await readRange(db, partner.id, endpoint.id, body);
  if ("refused" in range) return range;
  let count = 0;
  let looked = 0;
  for (let after = range.startsAfter; ;) {
    const chunk = await selectChunk(db, partner.id, endpoint, range, after, previewChunk);
    count += countDeliveries(chunk);
    looked += chunk.looked;
    after = chunk.reached;
    if (chunk.isLast || looked >= maximumPreviewed)
      return { status: 200, body: { count, isComplete: chunk.isLast } };
    await yieldToOthers();
  }
};

/** Reads what is asked for, and through which places that goes. */
async function readRange(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  body: OperationRequest<"createWebhookReplay">["body"],
): Promise<(ReplayScope & Pick<WebhookReplay, "startsAfter">) | Refused> {
  const since = body.since === undefined ? null : readInstant(body.since, "/since");
  const until = body.until === undefined ? null : readInstant(body.until, "/until");
  if (since !== null && until !== null && until <= since)
    return refuseField("replay_ends_before_start", "/until", "`until` is not later than `since`.");
  const asked = { selection: body.only, since, until, eventTypes: body.eventTypes ?? null };
  if (body.only === "failed") {
    const lastPlace = await getLastSequence(db, partner, endpoint);
    return { ...asked, ranges: null, startsAfter: 0, lastPlace };
  }
  const last = await getLastPosition(db, partner);
  const lastPlace = until === null ? last : await findPlaceBefore(db, partner, until, last);
  const startsAfter = since === null ? 0 : await findPlaceBefore(db, partner, since, lastPlace);
  return { ...asked, ranges: null, startsAfter, lastPlace };
}
