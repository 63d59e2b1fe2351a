import { authenticateAgain } from "../auth/authenticate-again.ts";
import { ProblemError } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import type { PartnerReadWorld } from "../app/world.ts";
import { listEvents as list, type EventFilter, type StoredEvent } from "../store/events.ts";
import type { Page, PageRequest } from "../store/page.ts";
import { findSubscription } from "../store/subscriptions.ts";
import { placeNewEvents } from "./place-events.ts";
import { toWireEvent } from "./to-wire.ts";

/** Lists the partner's events in their one total order: the way to catch up, and with `wait` to follow them. */
export const listEvents: PartnerReadRoom<"listEvents"> = async ({ query }, world) => {
  const { db, partner } = world;
  const subscription =
    query.subscription === undefined
      ? undefined
      : ((await findSubscription(db, partner.id, query.subscription))?.id ?? query.subscription);
  const filter = { type: query.type, subscription, order: query.order };
  const waitMs = (query.wait ?? 0) * 1_000;
  if (waitMs > 0 && query.order === "newest_first")
    throw new ProblemError(
      "malformed_request",
      "/query/wait: what comes is never among the oldest; it goes with order=oldest_first.",
      [{ pointer: "/query/wait", detail: "goes with order=oldest_first" }],
    );
  const page = await (waitMs === 0
    ? readPage(filter, query, world)
    : waitForPage(filter, query, world, waitMs));
  return { status: 200, body: { data: page.data.map(toWireEvent), nextCursor: page.nextCursor } };
};

async function readPage(
  filter: EventFilter,
  page: PageRequest,
  { db, partner, services }: PartnerReadWorld,
): Promise<Page<StoredEvent>> {
  // Who has just ordered something finds its events here at once, though their places are given in a step of its own.
  await placeNewEvents(services.store, partner.id, services.now);
  return list(db, partner.id, filter, page);
}

/** The page as soon as it isn't empty, or as it is when the time is over, the caller has gone, or the process stops. */
async function waitForPage(
  filter: EventFilter,
  request: PageRequest,
  world: PartnerReadWorld,
  waitMs: number,
): Promise<Page<StoredEvent>> {
  const { caller, partner, services, db } = world;
  // No sandbox's clock: this is how long a connection stays open.
  const endsAt = performance.now() + waitMs;
  const gone = world.callerGone();
  const waiter = services.arrivals.join(partner.id, caller.keyId);
  try {
    for (;;) {
      const page = await readPage(filter, request, world);
      const leftMs = endsAt - performance.now();
      if (page.data.length > 0 || leftMs <= 0 || gone.aborted || waiter.isOver()) return page;
      await waiter.wait(leftMs, gone);
      // Whoever has lost the key meanwhile is told nothing of what happened since.
      await authenticateAgain(db, caller, services.now());
    }
  } finally {
    waiter.leave();
  }
}
