import { formatInstant, type Instant } from "@evergate/core";
import type { components } from "../../generated/api.ts";
import type { WebhookReplay } from "../../store/webhook-replays.ts";

export type WireReplay = components["schemas"]["WebhookReplay"];

export function toWireReplay(replay: WebhookReplay): WireReplay {
  return {
    id: replay.id,
    endpoint: replay.endpoint,
    status: replay.status,
    only: replay.selection,
    since: toText(replay.since),
    until: toText(replay.until),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract checked these words when they came in
    eventTypes: replay.eventTypes as WireReplay["eventTypes"],
    // One that was called off before it had counted all never knew.
    count: replay.isCounted ? replay.count : null,
    done: replay.done,
    added: replay.added,
    createdAt: formatInstant(replay.createdAt),
    finishedAt: toText(replay.finishedAt),
  };
}

function toText(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
