import type { Services } from "../../app/world.ts";
import type { PartnerId } from "../../ids.ts";
import { listServedEndpoints } from "../../store/webhook-endpoints.ts";
import {
  listQueues,
  lockFreeQueues,
  updateQueues,
  type LeasedQueue,
  type QueueKey,
} from "../../store/webhook-leases.ts";
import { createCrew } from "./crew.ts";
import type { DeliveryOptions } from "./delivery-options.ts";
import { refresh, serve, toKey, toLeft, toName, toQueue, type Served } from "./served-endpoint.ts";

/** The endpoints that this process serves. */
export interface Roster {
  /** The name under which this process holds their leases. */
  readonly owner: string;
  list(): readonly Served[];
  /** How many deliveries may be on their way to it at once. */
  limitOf(served: Served): number;
  /** Renews the leases in time, those that nobody else has locked, and marks what is more than this process's share to be left. */
  keep(): Promise<void>;
  /** Learns what has been queued and changed for these partners, or for all (null), and begins to serve what nobody serves. */
  look(partners: readonly PartnerId[] | null): Promise<void>;
  /** Saves what has been learnt of endpoints, and leaves those that have nothing to do. */
  tidy(): Promise<void>;
  /** Saves what has been learnt, and leaves all of them to others, at once. */
  leave(): Promise<void>;
}

export function createRoster(
  services: Pick<Services, "store" | "now">,
  options: Pick<DeliveryOptions, "leaseMs" | "idleMs" | "perEndpoint">,
): Roster {
  const { store, now } = services;
  const crew = createCrew(services, options.leaseMs);
  const served = new Map<string, Served>();

  const limitOf = (endpoint: { readonly concurrency: number | null }): number =>
    endpoint.concurrency ?? options.perEndpoint;

  function lose(name: string): void {
    const endpoint = served.get(name);
    if (endpoint !== undefined) endpoint.isLost = true;
    served.delete(name);
  }

  /** What isn't among the process's own queues any more, of these partners or of all, was deleted or has been taken over. */
  function loseOthers(own: ReadonlySet<string>, partners: readonly PartnerId[] | null): void {
    for (const [name, endpoint] of served)
      if (!own.has(name) && (partners === null || partners.includes(endpoint.partner))) lose(name);
  }

  async function learn(queues: readonly LeasedQueue[]): Promise<void> {
    const changed = new Map<string, LeasedQueue>();
    for (const queue of queues) {
      const endpoint = served.get(toName(queue));
      if (endpoint === undefined) continue;
      if (endpoint.revision !== queue.revision) changed.set(toName(queue), queue);
      else endpoint.lastSequence = Math.max(endpoint.lastSequence, queue.lastSequence);
    }
    const found = await listServedEndpoints(
      store.reader,
      store.dialect,
      [...changed.values()],
      now(),
    );
    for (const endpoint of found) {
      const name = toName({ partner: endpoint.partner, endpoint: endpoint.id });
      const [queue, known] = [changed.get(name), served.get(name)];
      if (queue === undefined || known === undefined) continue;
      changed.delete(name);
      // What waits for what is decided anew by whoever serves it next.
      if (known.endpoint.ordering !== endpoint.ordering) known.isLeaving = true;
      refresh(known, endpoint, queue, limitOf(endpoint), now());
    }
    // What is left of them has been deleted.
    for (const name of changed.keys()) lose(name);
  }

  async function begin(): Promise<void> {
    const { queues, endsAt } = await crew.lease(served.size);
    await take(queues, endsAt);
  }

  async function take(queues: readonly LeasedQueue[], endsAt: number): Promise<void> {
    const queueOf = new Map(queues.map((queue) => [toName(queue), queue]));
    for (const endpoint of await listServedEndpoints(store.reader, store.dialect, queues, now())) {
      const name = toName({ partner: endpoint.partner, endpoint: endpoint.id });
      const queue = queueOf.get(name);
      if (queue !== undefined)
        served.set(name, serve(endpoint, queue, limitOf(endpoint), endsAt, now()));
    }
  }

  /** What somebody else has locked is waited for, or, while endpoints are served, saved the next time. */
  async function save(isPatient: boolean): Promise<void> {
    const dirty = [...served.values()].filter(({ isDirty, isHeld }) => isDirty && !isHeld);
    if (dirty.length === 0) return;
    for (const endpoint of dirty) endpoint.isDirty = false;
    const queues = dirty.map((endpoint) => toQueue(endpoint, limitOf(endpoint.endpoint)));
    let saved: ReadonlySet<string> = new Set();
    try {
      saved = await store.transaction(async (tx) => {
        const keys = isPatient ? queues : await lockFreeQueues(tx, store.dialect, queues);
        const names = new Set(keys.map(toName));
        const own = queues.filter((queue) => names.has(toName(queue)));
        await updateQueues(tx, store.dialect, crew.owner, own);
        return names;
      });
    } finally {
      for (const endpoint of dirty) endpoint.isDirty ||= !saved.has(toName(toKey(endpoint)));
    }
  }

  return {
    owner: crew.owner,
    list: () => [...served.values()],
    limitOf: ({ endpoint }) => limitOf(endpoint),
    async keep() {
      const renewed = await crew.renew();
      if (renewed === null) return;
      // Of the others it is seen with the next look whose they are, and nothing outlives the lease that they had.
      for (const key of renewed.renewed) {
        const endpoint = served.get(toName(key));
        if (endpoint !== undefined) endpoint.leaseEndsAt = renewed.endsAt;
      }
      const surplus = crew.countSurplus(served.size);
      for (const endpoint of [...served.values()].slice(0, surplus)) endpoint.isLeaving = true;
    },
    async look(partners) {
      const found = await listQueues(store.reader, store.dialect, crew.owner, partners, now());
      const own = found.filter(({ isFree }) => !isFree);
      loseOthers(new Set(own.map(toName)), partners);
      await learn(own);
      // The database broke off after they were leased, and nobody else may have them: they begin with the next renewal.
      const unheard = own.filter((queue) => !served.has(toName(queue)));
      await take(unheard, Number.NEGATIVE_INFINITY);
      // Whoever looks at all finds free ones only by leasing them.
      if (partners === null || found.some(({ isFree }) => isFree)) await begin();
    },
    async tidy() {
      await save(false);
      const left = [...served.values()].flatMap(
        (endpoint) => toLeft(endpoint, now(), options.idleMs) ?? [],
      );
      if (left.length === 0) return;
      const released: readonly QueueKey[] = await crew.release(left);
      for (const key of released) lose(toName(key));
    },
    async leave() {
      await save(true);
      await crew.leave();
    },
  };
}
