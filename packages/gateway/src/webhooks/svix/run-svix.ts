import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "../../app/world.ts";
import type { PartnerId } from "../../ids.ts";
import {
  beginSvix,
  endSvixLease,
  leaseSvixQueues,
  listDueSvixPartners,
  listSvixLeases,
  type SvixEvent,
  type SvixQueue,
} from "../../store/svix-queues.ts";
import { createBell } from "../delivery/bell.ts";
import { freeDead, makeLeaseName } from "../delivery/lease-name.ts";
import { createHandOver, type Failure, type HandOver } from "./svix-handover.ts";
import { createPace, type PaceLimits } from "./svix-pace.ts";
import type { SvixSettings } from "./svix-settings.ts";
import { takeTurn } from "./take-turn.ts";

/** How events are handed over. Tests give their own times, so that none of them waits. */
export interface SvixOptions extends PaceLimits {
  readonly lookEveryMs: number;
  /** How long one event may take in all. */
  readonly timeoutMs: number;
  /** How long a partner is this process's: longer than any turn, in which nothing begins that could not end. */
  readonly leaseMs: number;
  readonly partnersAtOnce: number;
  /** Of each partner. */
  readonly lanesAtOnce: number;
  readonly batch: number;
  /** How long a lane waits whose event was refused; the last holds for ever after. */
  readonly refusalDelaysMs: readonly number[];
}

const second = 1_000;
const minute = 60 * second;

const defaults: SvixOptions = {
  lookEveryMs: 500,
  timeoutMs: 15 * second,
  leaseMs: 60 * second,
  partnersAtOnce: 8,
  lanesAtOnce: 4,
  // What a kill may have sent again.
  batch: 32,
  firstRestMs: second,
  longestRestMs: minute,
  refusalDelaysMs: [5 * second, 30 * second, 5 * minute, 30 * minute],
};

export interface Handover {
  /** There may be something to hand over. */
  wake(): void;
  /** Begins nothing new, and ends once what is under way has been recorded. */
  stop(): Promise<void>;
}

/**
 * Hands every partner's events to a Svix service until stopped, each until it is accepted. Any number of processes may
 * do so at once; each partner is served by one. What was under way when a process is killed is sent again, under the
 * same key and id.
 */
export function runSvix(
  { store, log, now }: Pick<Services, "store" | "log" | "now">,
  svix: SvixSettings,
  options: Partial<SvixOptions> = {},
): Handover {
  const settings = { ...defaults, ...options };
  const { lookEveryMs, timeoutMs, leaseMs, refusalDelaysMs } = settings;
  const pace = createPace(settings);
  const bell = createBell();
  const stopping = new AbortController();

  async function begin(): Promise<HandOver> {
    await store.transaction((tx) => beginSvix(tx, now()));
    await freeDead(store, listSvixLeases, endSvixLease);
    return createHandOver(store.reader, now, svix, timeoutMs);
  }

  /** Serves the partners that have waited longest. Answers whether there were any. */
  async function serve(handOver: HandOver): Promise<boolean> {
    if (pace.restMs() > 0) return false;
    // One request finds out whether the service is back.
    const isProbe = pace.isFailing();
    const limit = isProbe ? 1 : settings.partnersAtOnce;
    const due = await listDueSvixPartners(store.reader, store.dialect, now(), limit);
    if (due.length === 0) return false;
    const lease = makeLeaseName();
    const endsAt = performance.now() + leaseMs;
    const queues = await store.transaction((tx) =>
      leaseSvixQueues(tx, store.dialect, due, lease, leaseMs),
    );
    const mayBegin = (): boolean =>
      !stopping.signal.aborted && pace.restMs() === 0 && performance.now() + 2 * timeoutMs < endsAt;
    const parts = {
      store,
      now,
      lanesAtOnce: settings.lanesAtOnce,
      batch: isProbe ? 1 : settings.batch,
      delayMs: chooseDelay,
      send: async (partner: PartnerId, event: SvixEvent) =>
        mayBegin() ? send(handOver, partner, event) : ("not begun" as const),
    };
    await Promise.all(queues.map((queue) => serveOne(queue, lease, parts)));
    return queues.length > 0;
  }

  async function serveOne(
    queue: SvixQueue,
    lease: string,
    parts: Parameters<typeof takeTurn>[2],
  ): Promise<void> {
    try {
      await takeTurn(queue, lease, parts);
    } catch (error) {
      log.error(
        { err: store.translate(error), partner: queue.partner },
        "handing events to Svix failed unexpectedly; it is done again once the lease has ended",
      );
    }
  }

  async function send(
    handOver: HandOver,
    partner: PartnerId,
    event: SvixEvent,
  ): Promise<Failure | null> {
    const begunAt = performance.now();
    const wasFailing = pace.isFailing();
    const failure = await handOver(partner, event);
    if (failure === null || failure.concerns === "event") {
      pace.succeeded(begunAt);
      if (wasFailing && !pace.isFailing()) log.info("Svix takes events again");
    }
    if (failure === null) return null;
    const told = { partner, event: event.id, attempt: event.attemptCount + 1 };
    if (failure.concerns === "event")
      log.error(told, `Svix did not accept an event; it is tried again. ${failure.error}`);
    else if (pace.failed(failure, begunAt))
      log.error(
        { ...told, restMs: Math.round(pace.restMs()) },
        `Svix takes no events; they wait and nothing is lost. ${failure.error}`,
      );
    return failure;
  }

  function chooseDelay(failure: Failure, attempts: number): number {
    if (failure.concerns === "event")
      return refusalDelaysMs[attempts - 1] ?? refusalDelaysMs.at(-1) ?? 0;
    // Hardly the event's fault. But if it is, it must not be what finds out whether the service is back: another one is.
    const restMs = Math.ceil(pace.restMs());
    return restMs + Math.min(restMs, settings.longestRestMs);
  }

  async function run(): Promise<void> {
    let handOver: HandOver | null = null;
    while (!stopping.signal.aborted) {
      try {
        handOver ??= await begin();
        if (!(await serve(handOver))) await bell.wait(lookEveryMs);
      } catch (error) {
        log.error(
          { err: store.translate(error) },
          "looking for events to hand to Svix failed; it is tried again",
        );
        await sleep(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  const running = run();
  return {
    wake: () => bell.ring(),
    async stop() {
      stopping.abort();
      bell.ring();
      await running;
    },
  };
}
