import { setImmediate as untilOthersWereServed, setTimeout as sleep } from "node:timers/promises";
import type { Services } from "../../app/world.ts";
import { makeId, type PartnerId } from "../../ids.ts";
import { StoreUnavailableError } from "../../store/store.ts";
import type { WaitingDelivery } from "../../store/webhook-windows.ts";
import { createAttemptRecorder, type AttemptRecorder } from "./attempt-recorder.ts";
import { createBell } from "./bell.ts";
import { slowDown } from "./congestion.ts";
import { createSender } from "./create-sender.ts";
import { deliveryDefaults, type DeliveryOptions } from "./delivery-options.ts";
import { createGate } from "./gate.ts";
import { learnFromResult } from "./learn-from-result.ts";
import { createReadAhead } from "./read-ahead.ts";
import { recordHealth, type HealthChange } from "./record-health.ts";
import { mayRestart, restartWaiting } from "./restart-waiting.ts";
import { decideNext } from "./retry-schedule.ts";
import { createRoster } from "./roster.ts";
import {
  isResting,
  isSick,
  unknownRevision,
  wantsReading,
  type Served,
} from "./served-endpoint.ts";

/** While so many times as are on their way to an endpoint are being recorded, the next ones go out. */
const recordedBeside = 2;

export interface DeliveryWorker {
  /** There may be something to deliver for a partner's endpoints. */
  wake(partner: PartnerId): void;
  /** Takes on nothing new, and ends once what is under way has been recorded. */
  stop(): Promise<void>;
}

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
  given: AttemptRecorder | null = null,
): DeliveryWorker {
  const { store, log, now } = services;
  const settings = { ...deliveryDefaults, ...options };
  const sender = createSender(services, settings);
  const recorder = given ?? createAttemptRecorder(services, settings.lookEveryMs);
  const roster = createRoster(services, settings);
  const readAhead = createReadAhead(store);
  const bell = createBell();
  const reading = createGate();
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  /** Endpoints that would have gone on but for the bound on all, those that wait longest first. */
  const waiting = new Set<Served>();
  const woken = new Set<PartnerId>();
  let sickUnderWay = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let tidiedAt = performance.now();
  let stopped: Promise<void> | null = null;

  async function look(): Promise<void> {
    const isDue = performance.now() - lookedAt >= settings.lookEveryMs;
    if (!isDue && woken.size === 0) return;
    const partners = isDue ? null : [...woken];
    woken.clear();
    if (isDue) lookedAt = performance.now();
    await roster.look(partners);
  }

  async function tidy(): Promise<void> {
    if (performance.now() - tidiedAt < settings.lookEveryMs) return;
    tidiedAt = performance.now();
    await roster.tidy();
  }

  /** Begins what may begin, one delivery of each endpoint in turn. */
  function dispatch(): void {
    let ready = roster.list().filter((endpoint) => mayBegin(endpoint));
    while (ready.length > 0) {
      for (const endpoint of ready) begin(endpoint);
      ready = ready.filter((endpoint) => mayBegin(endpoint));
    }
  }

  function mayBegin(endpoint: Served): boolean {
    const { station, flow } = endpoint;
    if (station.ready === 0) return false;
    if (endpoint.isLost || endpoint.isHeld || endpoint.isLeaving || stopping.signal.aborted)
      return false;
    if (endpoint.wantsRestart) return false;
    if (endpoint.recording >= flow.allowance * recordedBeside) return false;
    if (station.inFlight - endpoint.recording >= flow.allowance) return false;
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
    const { slowCount } = endpoint.flow;
    const wasSick = isSick(endpoint);
    if (wasSick) sickUnderWay++;
    endpoint.usedAt = performance.now();
    const running = attempt(endpoint, station, delivery, slowCount)
      .catch((err: unknown) => {
        log.error(
          { err, endpoint: endpoint.id },
          "an attempt to deliver failed unexpectedly; it is made again",
        );
        forget(endpoint, station, delivery, slowCount);
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
    if (endpoint.isLeaving || stopping.signal.aborted) bell.ring();
    else if (endpoint.station.ready === 0 && wantsReading(endpoint, now())) bell.ring();
  }

  async function attempt(
    endpoint: Served,
    station: Served["station"],
    delivery: WaitingDelivery,
    slowCount: number,
  ): Promise<void> {
    const attemptedAt = now();
    const begunAt = performance.now();
    const result = await sender.send(endpoint, delivery, attemptedAt);
    const number = delivery.attemptCount + 1;
    const next = decideNext(
      result,
      number,
      now(),
      settings.retryDelaysMs,
      settings.random(),
      endpoint.health.disabledAt !== null,
    );
    // Whoever has just set it up looks whether it works.
    if (result.error === null && endpoint.health.lastSuccessAt === null) {
      tidiedAt = Number.NEGATIVE_INFINITY;
      bell.ring();
    }
    const change = learnFromResult(
      endpoint,
      result,
      attemptedAt,
      next.status === "failed",
      roster.limitOf(endpoint),
      now(),
    );
    const isMine = change !== null && !endpoint.isHeld && !endpoint.isLost;
    if (isMine) endpoint.isHeld = true;
    // While it is recorded the next one is on its way: the endpoint doesn't wait for our disk.
    endpoint.recording++;
    if (!isMine) begin(endpoint);
    const isStored = await recorder.record({
      id: makeId("attempt"),
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
    endpoint.recording--;
    // What was read before and is taken in after would not know of it.
    await reading.pass();
    if (!isStored) forget(endpoint, station, delivery, slowCount);
    else if (next.status === "pending") station.postpone(delivery, next.at, now());
    else station.settle(delivery);
    if (isMine) await changeHealth(endpoint, change);
  }

  /** What became of it can't be stored: it is read and made again, later each time. */
  function forget(
    endpoint: Served,
    station: Served["station"],
    delivery: WaitingDelivery,
    slowCount: number,
  ): void {
    endpoint.flow = slowDown(endpoint.flow, slowCount, now());
    endpoint.isDirty = true;
    station.settle(delivery);
    station.restart(
      Math.min(station.cursor, delivery.sequence - 1),
      station.nextRetryAt ?? delivery.nextAttemptAt,
    );
    endpoint.isLeaving = true;
  }

  function restart(endpoint: Served): void {
    endpoint.isHeld = true;
    const running = restartWaiting(services, endpoint)
      .catch((error: unknown) => {
        log.error(
          { err: store.translate(error), endpoint: endpoint.id },
          "what waits for an endpoint could not begin anew; it is tried again",
        );
      })
      .finally(() => {
        endpoint.isHeld = false;
        underWay.delete(running);
      });
    underWay.add(running);
  }

  /** Switches it off or on and tells its owner; nothing begins meanwhile. */
  async function changeHealth(endpoint: Served, change: HealthChange): Promise<void> {
    try {
      await tellHealth(endpoint, change);
      // It has taken something while its owner was being told that it fails.
      if (change !== "recover" && endpoint.health.failingSince === null)
        await tellHealth(endpoint, "recover");
    } catch (error) {
      // What was not told must not be saved either: it is read anew, and the next attempt decides again.
      endpoint.revision = unknownRevision;
      throw error;
    } finally {
      endpoint.isHeld = false;
    }
  }

  /** A database that can't be reached is waited for: of one that has recovered the next attempt may be a day away. */
  async function tellHealth(endpoint: Served, change: HealthChange): Promise<void> {
    for (;;) {
      try {
        return await recordHealth(
          services,
          roster.owner,
          endpoint,
          change,
          roster.limitOf(endpoint),
        );
      } catch (error) {
        const err = store.translate(error);
        if (!(err instanceof StoreUnavailableError) || stopping.signal.aborted) throw error;
        log.error({ err, endpoint: endpoint.id }, "an endpoint's health was not recorded yet");
        await sleep(settings.lookEveryMs);
      }
    }
  }

  async function deliver(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await roster.keep();
        const hasMore = await reading.close(async () => {
          await look();
          for (const endpoint of roster.list()) if (mayRestart(endpoint)) restart(endpoint);
          return readAhead(roster.list(), now());
        });
        dispatch();
        await tidy();
        // SQLite answers at once, in this very turn of the event loop: without a pause no answer of an endpoint would be heard.
        if (hasMore) await untilOthersWereServed();
        else await bell.wait(settings.lookEveryMs);
      } catch (error) {
        log.error(
          { err: store.translate(error) },
          "looking for webhook deliveries failed; it is tried again",
        );
        await sleep(settings.lookEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  async function leave(some: () => Promise<void>): Promise<void> {
    try {
      await some();
    } catch (error) {
      log.error(
        { err: store.translate(error) },
        "leaving webhook endpoints to others failed; their leases end by themselves",
      );
    }
  }

  async function end(): Promise<void> {
    stopping.abort();
    bell.ring();
    await delivering;
    recorder.hurry();
    for (const endpoint of roster.list()) endpoint.isLeaving = true;
    // What hangs with one endpoint keeps no other from those who go on.
    while (underWay.size > 0) {
      await leave(() => roster.tidy());
      await bell.wait(settings.lookEveryMs);
    }
    await leave(() => roster.leave());
    await recorder.stop();
    await sender.stop();
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
