import type { PartnerId } from "../ids.ts";

/** A partner whose work fails is tried again after a second, and then after twice as long each time, up to a minute. */
const firstWaitMs = 1_000;
const longestWaitMs = 60_000;

/** Who has to wait after a failure. Kept in memory only: a process that starts anew tries everyone at once. */
export interface Waits {
  isWaiting(partner: PartnerId): boolean;
  lengthen(partner: PartnerId): void;
  forget(partner: PartnerId): void;
}

export function createWaits(): Waits {
  const waits = new Map<PartnerId, { readonly until: number; readonly ms: number }>();
  return {
    isWaiting: (partner) => performance.now() < (waits.get(partner)?.until ?? 0),
    lengthen(partner) {
      const last = waits.get(partner);
      const ms = last === undefined ? firstWaitMs : Math.min(last.ms * 2, longestWaitMs);
      waits.set(partner, { until: performance.now() + ms, ms });
    },
    forget: (partner) => waits.delete(partner),
  };
}
