import type { Services } from "../../app/world.ts";
import { listRetrying, restartDeliveries } from "../../store/webhook-deliveries.ts";
import { endRestart } from "../../store/webhook-queues.ts";
import { unknownRevision, type Served } from "./served-endpoint.ts";

/** About so many deliveries begin anew in one transaction. */
const chunkSize = 500;

/** Whether what has failed can begin anew now: nothing of it is on its way any more, and what was learnt is saved. */
export function mayRestart({ wantsRestart, isHeld, isLost, isDirty, station }: Served): boolean {
  return wantsRestart && !isHeld && !isLost && !isDirty && station.inFlight === 0;
}

/**
 * Gives what waits for its next attempt all its attempts again, in steps. Nothing of the endpoint is on its way meanwhile
 * (`isHeld`), and nothing begins before what is stored has been read anew. Whoever is killed amid it has left the rest,
 * and the wish, to the next.
 */
export async function restartWaiting(
  { store, now, signals }: Pick<Services, "store" | "now" | "signals">,
  served: Served,
): Promise<void> {
  const { partner, id, revision } = served;
  for (;;) {
    const sequences = await listRetrying(store.reader, partner, id, chunkSize);
    if (sequences.length === 0) break;
    await store.transaction((tx) => restartDeliveries(tx, partner, id, sequences, now()));
  }
  await store.transaction((tx) => endRestart(tx, partner, id, revision));
  served.revision = unknownRevision;
  signals.eventsStored(partner);
}
