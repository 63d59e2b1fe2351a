import type { PartnerId } from "../ids.ts";
import { toPartnerId } from "../ids.ts";
import type { Services } from "../app/world.ts";
import { listPartnersWithUnplacedEvents } from "../store/events.ts";
import { placeNewEvents } from "./place-events.ts";

/** How often events are looked for that another process, or this one before a crash, has left without a place. */
const lookEveryMs = 1_000;

/** So many partners' events get their places at once: on SQLite they share a commit, on PostgreSQL each takes a connection. */
const partnersAtOnce = 6;

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
  let isStopped = false;

  async function place(partner: PartnerId): Promise<void> {
    try {
      await placeNewEvents(services.store, partner, services.now);
      // Also where there was nothing to place any more: the clockwork gives its events their places itself.
      placed(partner);
    } catch (error) {
      services.log.error(
        { err: services.store.translate(error), partner },
        "placing events failed; it is tried again",
      );
    }
  }
  function start(): void {
    if (isStopped) return;
    for (const partner of waiting) {
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
