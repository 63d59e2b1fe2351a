import type { Services } from "../../app/world.ts";
import {
  leaseQueues,
  listLeaseOwners,
  lockFreeQueues,
  releaseAll,
  releaseQueues,
  renewLeases,
  type LeasedQueue,
  type LeftQueue,
  type QueueKey,
} from "../../store/webhook-leases.ts";
import { reportAlive, reportGone } from "../../store/webhook-workers.ts";
import { freeDead, makeLeaseName } from "./lease-name.ts";
import { toName } from "./served-endpoint.ts";

/** This process among all that deliver from one database: what it may serve, and how much of it is its share. */
export interface Crew {
  /** The name under which this process holds its leases. */
  readonly owner: string;
  /** Begins to serve endpoints that want it and that nobody serves, of which this process has `serving` so far. */
  lease(serving: number): Promise<{
    readonly queues: readonly LeasedQueue[];
    readonly endsAt: number;
  }>;
  /** Renews the leases, once a third of their time is over; null before that. Answers those that it could. */
  renew(): Promise<{ readonly renewed: readonly QueueKey[]; readonly endsAt: number } | null>;
  /** How many of the endpoints that it serves are more than its share. */
  countSurplus(serving: number): number;
  /** Leaves endpoints to the others; answers those that it could. */
  release(queues: readonly LeftQueue[]): Promise<readonly QueueKey[]>;
  /** Leaves everything to the others, at once. */
  leave(): Promise<void>;
}

/** Endpoints that one process serves at most. */
const mostServed = 2_000;

/** A lease that could not be renewed, as somebody else had the row, is tried again after this part of its time: half a second. */
const triesPerLease = 60;

/** `leaseMs`: how long a killed process keeps others from its endpoints. Times are answered by the process's own clock. */
export function createCrew({ store, now }: Pick<Services, "store" | "now">, leaseMs: number): Crew {
  const owner = makeLeaseName();
  let hasBegun = false;
  let renewsAt = Number.NEGATIVE_INFINITY;
  let share = Number.POSITIVE_INFINITY;

  return {
    owner,
    async lease(serving) {
      if (!hasBegun) await freeDead(store, listLeaseOwners, releaseAll);
      hasBegun = true;
      const room =
        share === Number.POSITIVE_INFINITY ? mostServed - serving : Math.max(1, share - serving);
      const endsAt = performance.now() + leaseMs;
      const queues = await store.transaction((tx) =>
        leaseQueues(tx, store.dialect, owner, leaseMs, now(), Math.min(room, mostServed - serving)),
      );
      return { queues, endsAt };
    },
    async renew() {
      const begunAt = performance.now();
      if (begunAt < renewsAt) return null;
      const { renewed, hasMore } = await store.transaction(async (tx) => {
        if (store.dialect === "postgres") {
          const { processes, active } = await reportAlive(tx, store.dialect, owner, leaseMs, now());
          share = processes > 1 ? Math.ceil(active / processes) : Number.POSITIVE_INFINITY;
        }
        return renewLeases(tx, store.dialect, owner, leaseMs);
      });
      renewsAt = begunAt + leaseMs / (hasMore ? triesPerLease : 3);
      return { renewed, endsAt: begunAt + leaseMs };
    },
    // One more than its share is no reason to pass endpoints to and fro.
    countSurplus: (serving) => (serving > share + 1 ? serving - share : 0),
    release: (queues) =>
      store.transaction(async (tx) => {
        const free = new Set((await lockFreeQueues(tx, store.dialect, queues)).map(toName));
        const left = queues.filter((queue) => free.has(toName(queue)));
        return releaseQueues(tx, store.dialect, owner, left);
      }),
    leave: () =>
      store.transaction(async (tx) => {
        await releaseAll(tx, owner);
        await reportGone(tx, owner);
      }),
  };
}
