import type { Logger } from "pino";
import { ProblemError } from "../app/problem.ts";
import type { PartnerId } from "../ids.ts";
import { listEventPositions } from "../store/events.ts";
import type { Store } from "../store/store.ts";
import { createBell, type Bell } from "../webhooks/delivery/bell.ts";

/** How many may wait. Each costs an open connection, and once a second a part of one small query. */
export interface WaitLimits {
  readonly perKey: number;
  readonly inAll: number;
  /** How often events are looked for that another process has given their places. */
  readonly lookEveryMs: number;
}

/** As the contract's `wait` says. */
export const waitLimits: WaitLimits = { perKey: 8, inAll: 500, lookEveryMs: 1_000 };

/** Somebody who waits for a partner's events. */
export interface Waiter {
  /** Resolves when there may be new events, after so many milliseconds, when the signal is aborted, or when waiting is over. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Whether the process is about to stop: whoever waits is answered now. */
  isOver(): boolean;
  leave(): void;
}

/** Wakes whoever waits for a partner's events, those that other processes have placed included. */
export interface Arrivals {
  /** Begins before the list is read, so that nothing comes between. Throws `rate_limited`, then `unavailable`, where too many wait. */
  join(partner: PartnerId, keyId: string): Waiter;
  /** This process has given events of the partner their places. */
  placed(partner: PartnerId): void;
  /** Lets all go at once, now and from now on. */
  end(): void;
}

interface Room {
  readonly bells: Set<Bell>;
  /** The partner's last place as it was at the last look; null before the first. */
  position: number | null;
}

export function createArrivals(
  { store, log }: { readonly store: Pick<Store, "reader" | "translate">; readonly log: Logger },
  limits: WaitLimits = waitLimits,
): Arrivals {
  const rooms = new Map<PartnerId, Room>();
  const countOf = new Map<string, number>();
  let count = 0;
  let isOver = false;
  let timer: NodeJS.Timeout | null = null;

  function ring(partner: PartnerId): void {
    for (const bell of rooms.get(partner)?.bells ?? []) bell.ring();
  }

  async function look(): Promise<void> {
    try {
      for (const { partner, position } of await listEventPositions(store.reader, [
        ...rooms.keys(),
      ])) {
        const room = rooms.get(partner);
        if (room === undefined || room.position === position) continue;
        // The first look may come too late to tell whether anything has changed since the list was read.
        room.position = position;
        ring(partner);
      }
    } catch (error) {
      log.error(
        { err: store.translate(error) },
        "looking for events of other processes failed; it is tried again",
      );
    } finally {
      timer = null;
      lookLater();
    }
  }
  function lookLater(): void {
    if (timer === null && rooms.size > 0 && !isOver)
      timer = setTimeout(() => void look(), limits.lookEveryMs).unref();
  }

  return {
    join(partner, keyId) {
      const own = countOf.get(keyId) ?? 0;
      if (own >= limits.perKey)
        throw new ProblemError(
          "rate_limited",
          `${own} requests of this key wait for events already. Let them end, or ask without wait.`,
          [],
          { retryAfterSeconds: 5 },
        );
      if (count >= limits.inAll)
        throw new ProblemError(
          "unavailable",
          `${count} requests wait for events already. Ask without wait, or again later.`,
          [],
          { retryAfterSeconds: 5 },
        );
      count += 1;
      countOf.set(keyId, own + 1);
      const room = rooms.get(partner) ?? { bells: new Set(), position: null };
      const bell = createBell();
      room.bells.add(bell);
      rooms.set(partner, room);
      lookLater();
      let hasLeft = false;
      return {
        isOver: () => isOver,
        async wait(timeoutMs, signal) {
          if (isOver || signal.aborted) return;
          const ring = (): void => bell.ring();
          signal.addEventListener("abort", ring, { once: true });
          await bell.wait(timeoutMs);
          signal.removeEventListener("abort", ring);
        },
        leave() {
          if (hasLeft) return;
          hasLeft = true;
          count -= 1;
          const left = (countOf.get(keyId) ?? 1) - 1;
          if (left === 0) countOf.delete(keyId);
          else countOf.set(keyId, left);
          room.bells.delete(bell);
          if (room.bells.size === 0) rooms.delete(partner);
        },
      };
    },
    placed: ring,
    end() {
      isOver = true;
      if (timer !== null) clearTimeout(timer);
      for (const partner of rooms.keys()) ring(partner);
    },
  };
}
