import type { KeyObject } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Instant } from "@evergate/core";
import type { Services } from "../../app/world.ts";
import type { PartnerId } from "../../ids.ts";
import { listServedEndpoints } from "../../store/webhook-endpoints.ts";
import {
  listQueues,
  updateQueues,
  type LeasedQueue,
  type QueueKey,
} from "../../store/webhook-leases.ts";
import {
  findFresh,
  listFresh,
  listLane,
  listRetries,
  type Range,
  type WaitingDelivery,
} from "../../store/webhook-windows.ts";
import { never } from "../../store/webhook-queues.ts";
import { openSending, type Sending } from "../../store/webhook-secrets.ts";
import { createAgent, type ResolveName } from "../network/create-agent.ts";
import { createAttemptRecorder } from "./attempt-recorder.ts";
import { createBell } from "./bell.ts";
import { createCrew } from "./crew.ts";
import { createGate } from "./gate.ts";
import { afterFailure, afterSuccess, decideHealth, nextProbeAt } from "./health.ts";
import { makeBody } from "./make-body.ts";
import { recordHealth, type HealthChange } from "./record-health.ts";
import { decideNext, readRetryAfterMs, retryDelaysMs } from "./retry-schedule.ts";
import {
  attemptLimits,
  sendDelivery,
  type AttemptLimits,
  type AttemptResult,
} from "./send-delivery.ts";
import {
  adjustFlow,
  isResting,
  isSick,
  nextRange,
  refresh,
  serve,
  toLeft,
  toQueue,
  wantsRetries,
  type Served,
} from "./served-endpoint.ts";

/** How deliveries are made. Tests give their own times, so that none of them waits. */
export interface DeliveryOptions extends AttemptLimits {
  /** How often is looked for what other processes have queued, and for what falls due. */
  readonly lookEveryMs: number;
  /** How long an endpoint is this process's without being renewed: longer than any attempt and its recording. */
  readonly leaseMs: number;
  /** An endpoint that has nothing for so long is left to whoever finds something first. */
  readonly idleMs: number;
  /** Attempts under way at once: to one endpoint unless it says otherwise itself, and by this process. */
  readonly perEndpoint: number;
  readonly total: number;
  readonly retryDelaysMs: readonly number[];
  /** From 0 to 1. */
  readonly random: () => number;
  readonly resolveName?: ResolveName;
  readonly ca?: string;
}

const defaults: DeliveryOptions = {
  ...attemptLimits,
  lookEveryMs: 500,
  leaseMs: attemptLimits.timeoutMs + 15_000,
  idleMs: 5_000,
  perEndpoint: 8,
  total: 1_024,
  retryDelaysMs,
  random: Math.random,
};

export interface DeliveryWorker {
  /** There may be something to deliver for a partner's endpoints. */
  wake(partner: PartnerId): void;
  /** Takes on nothing new, and ends once what is under way has been recorded. */
  stop(): Promise<void>;
}

/** So many lanes' and endpoints' next deliveries are read in a turn, one statement each. */
const readsPerTurn = 32;
const retriesAtOnce = 32;
const laneAtOnce = 16;

/** So many endpoints' windows share a statement. */
const windowsAtOnce = 64;

/** A success that changes nothing else is saved so often. */
const successSavedEveryMs = 60_000;

/**
 * Delivers events to endpoints until stopped. Any number of processes may do so at once; each endpoint is served by one.
 * What was in flight when a process is killed is delivered by another after the lease: at least once, in each lane's order.
 */
export function startDeliveryWorker(
  services: Pick<
    Services,
    "store" | "sealer" | "secretBox" | "signingKeys" | "log" | "now" | "privateWebhooks" | "signals"
  >,
  options: Partial<DeliveryOptions> = {},
): DeliveryWorker {
  const { store, secretBox, signingKeys, log, now, privateWebhooks } = services;
  const settings = { ...defaults, ...options };
  const agent = createAgent({
    allowed: privateWebhooks,
    connectTimeoutMs: settings.connectTimeoutMs,
    resolveName: settings.resolveName,
    ca: settings.ca,
  });
  const recorder = createAttemptRecorder(services, settings.lookEveryMs);
  const crew = createCrew(services, settings.leaseMs);
  const bell = createBell();
  const reading = createGate();
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const served = new Map<string, Served>();
  /** Endpoints that would have gone on but for the bound on all, those that wait longest first. */
  const waiting = new Set<Served>();
  const woken = new Set<PartnerId>();
  let sickUnderWay = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let tidiedAt = performance.now();
  let stopped: Promise<void> | null = null;

  const limitOf = (endpoint: { readonly concurrency: number | null }): number =>
    endpoint.concurrency ?? settings.perEndpoint;

  /** Keeps what it has, and passes on what is more than its share. */
  async function keep(): Promise<void> {
    const renewed = await crew.renew();
    if (renewed === null) return;
    const kept = new Set(renewed.kept.map(toName));
    for (const [name, endpoint] of served)
      if (kept.has(name)) endpoint.leaseEndsAt = renewed.endsAt;
      else lose(name, endpoint);
    const surplus = crew.countSurplus(served.size);
    for (const endpoint of [...served.values()].slice(0, surplus)) endpoint.isLeaving = true;
  }

  function lose(name: string, endpoint: Served): void {
    endpoint.isLost = true;
    served.delete(name);
    waiting.delete(endpoint);
  }

  /** Learns what has been queued and changed, and begins to serve what nobody serves. */
  async function look(): Promise<void> {
    const isDue = performance.now() - lookedAt >= settings.lookEveryMs;
    if (!isDue && woken.size === 0) return;
    const partners = isDue ? null : [...woken];
    woken.clear();
    if (isDue) lookedAt = performance.now();
    const found = await listQueues(store.reader, store.dialect, crew.owner, partners, now());
    const own = found.filter(({ isFree }) => !isFree);
    loseOthers(new Set(own.map(toName)), partners);
    await learn(own);
    // Whoever looks at all finds free ones only by leasing them.
    if (partners !== null && !found.some(({ isFree }) => isFree)) return;
    const { queues, endsAt } = await crew.lease(served.size);
    const endpoints = await listServedEndpoints(store.reader, store.dialect, queues);
    const queueOf = new Map(queues.map((queue) => [toName(queue), queue]));
    for (const endpoint of endpoints) {
      const name = `${endpoint.partner}/${endpoint.id}`;
      const queue = queueOf.get(name);
      if (queue !== undefined) served.set(name, serve(endpoint, queue, limitOf(endpoint), endsAt));
    }
  }

  /** What isn't among the process's own queues any more, of these partners or of all, was deleted or has been taken over. */
  function loseOthers(own: ReadonlySet<string>, partners: readonly PartnerId[] | null): void {
    for (const [name, endpoint] of served)
      if (!own.has(name) && (partners === null || partners.includes(endpoint.partner)))
        lose(name, endpoint);
  }

  async function learn(queues: readonly LeasedQueue[]): Promise<void> {
    const changed: LeasedQueue[] = [];
    for (const queue of queues) {
      const endpoint = served.get(toName(queue));
      if (endpoint === undefined) continue;
      if (endpoint.revision !== queue.revision) changed.push(queue);
      else if (endpoint.lastSequence < queue.lastSequence)
        endpoint.lastSequence = queue.lastSequence;
    }
    const queueOf = new Map(changed.map((queue) => [toName(queue), queue]));
    for (const endpoint of await listServedEndpoints(store.reader, store.dialect, changed)) {
      const name = `${endpoint.partner}/${endpoint.id}`;
      const [queue, known] = [queueOf.get(name), served.get(name)];
      if (queue === undefined || known === undefined) continue;
      queueOf.delete(name);
      // What waits for what is decided anew by whoever serves it next.
      if (known.endpoint.ordering !== endpoint.ordering) known.isLeaving = true;
      refresh(known, endpoint, queue, limitOf(endpoint));
    }
    // What is left of them has been deleted.
    for (const name of queueOf.keys()) {
      const endpoint = served.get(name);
      if (endpoint !== undefined) lose(name, endpoint);
    }
  }

  /** Reads on in the queues that run low. Answers whether there is more to read. */
  async function refill(): Promise<boolean> {
    const ranges: Range[] = [];
    let reads = 0;
    for (const endpoint of served.values()) {
      const range = nextRange(endpoint, now());
      if (range !== null && ranges.length < windowsAtOnce)
        ranges.push({ partner: endpoint.partner, endpoint: endpoint.id, ...range });
      if (wantsRetries(endpoint, now()) && ++reads <= readsPerTurn) await readRetries(endpoint);
      for (const lane of endpoint.station.openLanes) {
        if (++reads > readsPerTurn) break;
        await readLane(endpoint, lane);
      }
    }
    if (ranges.length > 0) await readFresh(ranges);
    return ranges.length === windowsAtOnce || reads > readsPerTurn;
  }

  async function readFresh(ranges: readonly Range[]): Promise<void> {
    const stations = ranges.map((range) => served.get(toName(range))?.station);
    const rows = Map.groupBy(await listFresh(store.reader, store.dialect, ranges), toName);
    for (const [index, range] of ranges.entries()) {
      const station = stations[index];
      const found = rows.get(toName(range)) ?? [];
      let { upTo } = range;
      // A long stretch of what is finished is skipped in one step.
      if (found.length === 0)
        upTo = Math.max(upTo, ((await findFresh(store.reader, range, upTo)) ?? upTo + 1) - 1);
      station?.addFresh(found, upTo);
    }
  }

  async function readRetries(endpoint: Served): Promise<void> {
    const limit = retriesAtOnce + endpoint.station.size;
    const rows = await listRetries(store.reader, store.dialect, toKey(endpoint), limit);
    endpoint.station.addRetries(rows, limit, now());
  }

  async function readLane(endpoint: Served, lane: string): Promise<void> {
    const { station } = endpoint;
    const rows = await listLane(
      store.reader,
      store.dialect,
      toKey(endpoint),
      lane,
      station.cursor,
      laneAtOnce,
    );
    station.addLane(lane, rows, laneAtOnce, now());
  }

  /** Begins what may begin, one delivery of each endpoint in turn. */
  function dispatch(): void {
    let ready = [...served.values()].filter((endpoint) => mayBegin(endpoint));
    while (ready.length > 0) {
      for (const endpoint of ready) begin(endpoint);
      ready = ready.filter((endpoint) => mayBegin(endpoint));
    }
  }

  function mayBegin(endpoint: Served): boolean {
    const { station, flow } = endpoint;
    if (endpoint.isLost || endpoint.isHeld || endpoint.isLeaving || stopping.signal.aborted)
      return false;
    if (station.ready === 0 || station.inFlight >= flow.allowance) return false;
    if (isResting(endpoint, now())) return false;
    // Whoever takes over must not find it in flight.
    if (performance.now() + settings.timeoutMs > endpoint.leaseEndsAt) return false;
    // Those that hang can't have more than half of all, so that the others have theirs.
    if (underWay.size < settings.total && !(isSick(endpoint) && sickUnderWay >= settings.total / 2))
      return true;
    waiting.add(endpoint);
    return false;
  }

  function begin(endpoint: Served): void {
    if (!mayBegin(endpoint)) return;
    const delivery = endpoint.station.take();
    if (delivery === undefined) return;
    const { station } = endpoint;
    const wasSick = isSick(endpoint);
    if (wasSick) sickUnderWay++;
    endpoint.usedAt = performance.now();
    const running = attempt(endpoint, station, delivery)
      .catch((err: unknown) => {
        log.error(
          { err, endpoint: endpoint.id },
          "an attempt to deliver failed unexpectedly; it is made again",
        );
        forget(endpoint, station, delivery);
      })
      .finally(() => {
        if (wasSick) sickUnderWay--;
        underWay.delete(running);
        goOn(endpoint);
      });
    underWay.add(running);
  }

  /** A place has become free: it is the turn of whoever waits longest, else of the endpoint that had it. */
  function goOn(endpoint: Served): void {
    const longest = [...waiting];
    for (const next of longest) {
      if (underWay.size >= settings.total) break;
      waiting.delete(next);
      begin(next);
    }
    begin(endpoint);
    if (endpoint.station.ready === 0 || stopping.signal.aborted) bell.ring();
  }

  async function attempt(
    endpoint: Served,
    station: Served["station"],
    delivery: WaitingDelivery,
  ): Promise<void> {
    const attemptedAt = now();
    const begunAt = performance.now();
    const result = await send(endpoint, delivery, attemptedAt);
    const number = delivery.attemptCount + 1;
    const next = decideNext(
      result,
      number,
      now(),
      settings.retryDelaysMs,
      settings.random(),
      endpoint.health.disabledAt !== null,
    );
    const change = learnFrom(endpoint, result, attemptedAt, next.status === "failed");
    const isMine = change !== null && !endpoint.isHeld && !endpoint.isLost;
    if (isMine) endpoint.isHeld = true;
    const isStored = await recorder.record({
      partner: delivery.partner,
      endpoint: delivery.endpoint,
      event: delivery.event,
      sequence: delivery.sequence,
      number,
      attemptedAt,
      durationMs: Math.round(performance.now() - begunAt),
      responseStatus: result.status,
      responseExcerpt: result.excerpt,
      address: result.address,
      error: result.error,
      next,
    });
    // What was read before and is taken in after would not know of it.
    await reading.pass();
    if (!isStored) forget(endpoint, station, delivery);
    else if (next.status === "pending") station.postpone(delivery, next.at);
    else station.settle(delivery);
    if (isMine) await changeHealth(endpoint, change);
  }

  /** What became of it is not known: it is read and made again. */
  function forget(endpoint: Served, station: Served["station"], delivery: WaitingDelivery): void {
    station.settle(delivery);
    station.restart(
      Math.min(station.cursor, delivery.sequence - 1),
      station.nextRetryAt ?? delivery.nextAttemptAt,
    );
    endpoint.isLeaving = true;
  }

  /** Takes a result into what is known of the endpoint; answers what is to be changed and told because of it. */
  function learnFrom(
    endpoint: Served,
    result: AttemptResult,
    attemptedAt: Instant,
    hasGivenUp: boolean,
  ): HealthChange | null {
    const at = now();
    adjustFlow(
      endpoint,
      result,
      attemptedAt,
      readRetryAfterMs(result.retryAfter, at),
      limitOf(endpoint.endpoint),
      at,
    );
    const { health } = endpoint;
    if (result.error === null) {
      endpoint.health = afterSuccess(health, at);
      if (
        health.failingSince !== null ||
        at - (endpoint.savedSuccessAt ?? 0) > successSavedEveryMs
      ) {
        endpoint.isDirty = true;
        endpoint.savedSuccessAt = at;
      }
      // Whoever has just set it up looks whether it works.
      if (health.lastSuccessAt === null) tidiedAt = Number.NEGATIVE_INFINITY;
      return health.disabledAt !== null || health.failingToldAt !== null ? "recover" : null;
    }
    endpoint.health = afterFailure(health, hasGivenUp, at);
    endpoint.isDirty = true;
    if (result.status === 410) return health.disabledAt === null ? "gone" : null;
    if (health.disabledAt !== null) {
      endpoint.flow = { ...endpoint.flow, resumesAt: nextProbeAt(endpoint.health, at) };
      return null;
    }
    return decideHealth(endpoint.health, at);
  }

  /** Switches it off or on and tells its owner; nothing begins meanwhile. */
  async function changeHealth(endpoint: Served, change: HealthChange): Promise<void> {
    try {
      await recordHealth(services, crew.owner, endpoint, change, limitOf(endpoint.endpoint));
    } finally {
      endpoint.isHeld = false;
    }
  }

  async function send(
    served: Served,
    delivery: WaitingDelivery,
    attemptedAt: Instant,
  ): Promise<AttemptResult> {
    const { endpoint } = served;
    let sending: Sending;
    let keys: readonly KeyObject[];
    try {
      sending = openOnce(served, attemptedAt);
      keys = endpoint.isSignedByGateway ? await signingKeys.listSigners() : [];
    } catch (err) {
      log.error(
        { err, partner: endpoint.partner, endpoint: endpoint.id },
        "a delivery can't be signed: is EVERGATE_SECRET_KEY the one that the endpoint's secret and the signing keys were made with?",
      );
      return {
        status: null,
        isUnreachable: false,
        retryAfter: null,
        excerpt: null,
        address: null,
        error: "Nothing was sent: the gateway can't sign it; its operator has to help.",
      };
    }
    return sendDelivery(
      agent,
      {
        url: endpoint.url,
        event: delivery.event,
        payload: delivery.body ?? makeBody(delivery.payload, endpoint.id, delivery.sequence),
        ...sending,
        keys,
      },
      attemptedAt,
      privateWebhooks,
      settings,
    );
  }

  /** Decrypts an endpoint's secrets once, and again when one of them ends. */
  function openOnce(served: Served, at: Instant): Sending {
    const { endpoint, opened } = served;
    if (opened !== null && at < opened.goodUntil) return opened.sending;
    const sending = openSending(secretBox, endpoint.partner, endpoint.id, endpoint.sealed, at);
    const goodUntil = endpoint.previousSecretsEndAt.find((end) => end > at) ?? never;
    served.opened = { sending, goodUntil };
    return sending;
  }

  /** Saves what has been learnt of endpoints, and leaves those that have nothing to do. */
  async function tidy(): Promise<void> {
    if (performance.now() - tidiedAt < settings.lookEveryMs) return;
    tidiedAt = performance.now();
    await save();
    const left = [...served.values()].flatMap(
      (endpoint) => toLeft(endpoint, now(), settings.idleMs) ?? [],
    );
    if (left.length === 0) return;
    for (const key of await crew.release(left)) {
      const endpoint = served.get(toName(key));
      if (endpoint !== undefined) lose(toName(key), endpoint);
    }
  }

  async function save(): Promise<void> {
    const dirty = [...served.values()].filter(({ isDirty, isHeld }) => isDirty && !isHeld);
    if (dirty.length === 0) return;
    for (const endpoint of dirty) endpoint.isDirty = false;
    try {
      await store.transaction((tx) =>
        updateQueues(
          tx,
          store.dialect,
          crew.owner,
          dirty.map((endpoint) => toQueue(endpoint, limitOf(endpoint.endpoint))),
        ),
      );
    } catch (error) {
      for (const endpoint of dirty) endpoint.isDirty = true;
      throw error;
    }
  }

  async function deliver(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await keep();
        const hasMore = await reading.close(async () => {
          await look();
          return refill();
        });
        dispatch();
        await tidy();
        if (!hasMore) await bell.wait(settings.lookEveryMs);
      } catch (error) {
        log.error(
          { err: store.translate(error) },
          "looking for webhook deliveries failed; it is tried again",
        );
        await sleep(settings.lookEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  async function end(): Promise<void> {
    stopping.abort();
    bell.ring();
    await delivering;
    recorder.hurry();
    await Promise.all(underWay);
    try {
      await save();
      await crew.leave();
    } catch (error) {
      log.error(
        { err: store.translate(error) },
        "leaving webhook endpoints to others failed; their leases end by themselves",
      );
    }
    await agent.destroy();
  }

  const delivering = deliver();
  return {
    wake(partner) {
      woken.add(partner);
      bell.ring();
    },
    stop: () => (stopped ??= end()),
  };
}

function toName(key: QueueKey): string {
  return `${key.partner}/${key.endpoint}`;
}

function toKey({ partner, id }: Served): QueueKey {
  return { partner, endpoint: id };
}
