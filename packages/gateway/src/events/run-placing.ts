import type { PartnerId } from "../ids.ts";
import { toPartnerId } from "../ids.ts";
import type { Services } from "../app/world.ts";
import { listPartnersWithUnplacedEvents } from "../store/events.ts";
import { RowsLockedError } from "../store/store.ts";
import { placeNewEvents } from "./place-events.ts";

/** How often events are looked for that another process, or this one before a crash, has left without a place. */
const lookEveryMs = 1_000;

/** So many partners' events get their places at once: on SQLite they share a commit, on PostgreSQL each takes a connection. */
const partnersAtOnce = 6;

/**
 * Others who place a partner's events hold its row for milliseconds. Who holds it longer stands still, and must not have
 * the places of all: its partner gives way, and has its turn with the next look, after the others.
 */
const patienceMs = 250;

export interface Placing {
  /** Events of this partner have been stored. */
  eventsStored(partner: PartnerId): void;
  stop(): Promise<void>;
}

/** Keeps giving new events their places; `placed` hears of whom there may be something new. */
export function runPlacing(
  services: Pick<Services, "store" | "log" | "now">,
  placed: (partner: PartnerId) => void,
): Placing {
  const waiting = new Set<PartnerId>();
  const underWay = new Map<PartnerId, Promise<void>>();
  /** Those that somebody else held locked when they were tried last. */
  const locked = new Set<PartnerId>();
  let isStopped = false;

  async function place(partner: PartnerId): Promise<void> {
    try {
      await placeNewEvents(services.store, partner, services.now, patienceMs);
      locked.delete(partner);
      // Also where there was nothing to place any more: the clockwork gives its events their places itself.
      placed(partner);
    } catch (error) {
      const err = services.store.translate(error);
      if (err instanceof RowsLockedError) locked.add(partner);
      else services.log.error({ err, partner }, "placing events failed; it is tried again");
    }
  }
  function lockedLast(partners: Iterable<PartnerId>): readonly PartnerId[] {
    return [...partners].toSorted(
      (one, other) => Number(locked.has(one)) - Number(locked.has(other)),
    );
  }
  function start(): void {
    if (isStopped) return;
    for (const partner of locked.size === 0 ? waiting : lockedLast(waiting)) {
      if (underWay.size >= partnersAtOnce) return;
      // Its turn comes when what is under way for it is done.
      if (underWay.has(partner)) continue;
      waiting.delete(partner);
      const running = place(partner).finally(() => {
        underWay.delete(partner);
        start();
      });
      underWay.set(partner, running);
    }
  }
  async function look(): Promise<void> {
    try {
      for (const partner of await listPartnersWithUnplacedEvents(services.store.reader))
        waiting.add(toPartnerId(partner));
      // Whoever held them may have placed their events, of which `placed` is to hear.
      for (const partner of locked) waiting.add(partner);
      start();
    } catch (error) {
      services.log.error(
        { err: services.store.translate(error) },
        "looking for new events failed; it is tried again",
      );
    }
  }
  let looking: Promise<void> | null = null;
  function lookOnce(): void {
    looking ??= look().finally(() => (looking = null));
  }
  const timer = setInterval(lookOnce, lookEveryMs);
  lookOnce();
  return {
    eventsStored(partner) {
      waiting.add(partner);
      start();
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await looking;
      await Promise.all(underWay.values());
    },
  };
}
