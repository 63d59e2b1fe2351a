import { toInstant } from "@evergate/core";
import { readRetryAfterMs } from "../../webhooks/delivery/retry-schedule.ts";
import type { AttemptResult } from "../../webhooks/delivery/send-delivery.ts";

/** An event on its way. */
export interface Item {
  readonly event: string;
  readonly type: string;
  /** What it is of: within it, order is kept. */
  readonly lane: string;
  /** Of the endpoint (`delivery.sequence`). */
  readonly sequence: number;
  readonly body: string;
}

/** What came of an attempt, and what follows: tried again after so long, or given up, or neither after success. */
export interface Told {
  readonly item: Item;
  readonly result: AttemptResult;
  readonly durationMs: number;
  readonly next: { readonly retryInMs: number } | "given up" | null;
  /** Nobody listens there: everything waits until somebody does. */
  readonly isDown: boolean;
}

export interface ForwarderOptions {
  send(item: Item): Promise<AttemptResult>;
  /** An attempt that took so long was not answered, though somebody listens. */
  readonly timeoutMs: number;
  /** So many are on their way at once. */
  readonly concurrency: number;
  /**
   * After so many tries again an event that is not accepted is given up; null: never. Tries while nobody listens don't
   * count: the event is not to blame.
   */
  readonly retries: number | null;
  tell(told: Told): void;
  /** An event was accepted or given up. */
  settled(item: Item): void;
}

export interface Forwarder {
  add(item: Item): void;
  /** Begins no more attempts, and resolves once those under way have ended. */
  stop(): Promise<void>;
}

const second = 1_000;

/** Shorter than the gateway's own waits: somebody sits before it, and mends what was wrong. docs/webhooks.md names both. */
const answerDelaysMs = [1 * second, 2 * second, 5 * second, 10 * second, 30 * second];
const downDelaysMs = [1 * second, 2 * second, 4 * second, 8 * second, 10 * second];

interface Lane {
  readonly items: Item[];
  /** Attempts of its first item that failed. */
  failures: number;
}

/**
 * Hands events on as the gateway's own deliveries are: those of one subject in order, the next one once the one before
 * was accepted or given up, others meanwhile. Where nobody listens, one event asks now and then for all of them.
 */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const lanes = new Map<string, Lane>();
  /** Those whose first item may be sent now. */
  const ready: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const underWay = new Set<Promise<void>>();
  let downFailures = 0;
  let isResting = false;
  let isStopped = false;

  function later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
      pump();
    }, ms);
    timers.add(timer);
  }

  function pump(): void {
    const atOnce = downFailures > 0 ? 1 : options.concurrency;
    if (isStopped || isResting) return;
    while (underWay.size < atOnce) {
      const name = ready.shift();
      const item = name === undefined ? undefined : lanes.get(name)?.items[0];
      if (name === undefined || item === undefined) return;
      const running = attempt(name, item).finally(() => {
        underWay.delete(running);
        pump();
      });
      underWay.add(running);
    }
  }

  async function attempt(name: string, item: Item): Promise<void> {
    const from = performance.now();
    const result = await options.send(item);
    const durationMs = Math.round(performance.now() - from);
    const lane = lanes.get(name);
    if (lane === undefined) return;
    if (result.status === null && result.error !== null && durationMs < options.timeoutMs) {
      const retryInMs = downDelaysMs[Math.min(downFailures, downDelaysMs.length - 1)] ?? 0;
      // What was under way when it went down says the same once more: one is enough.
      if (!isResting) {
        downFailures += 1;
        isResting = true;
        options.tell({ item, result, durationMs, next: { retryInMs }, isDown: true });
        later(retryInMs, () => (isResting = false));
      }
      ready.unshift(name);
      return;
    }
    downFailures = 0;
    const next = result.error === null ? null : decide(lane, result);
    options.tell({ item, result, durationMs, next, isDown: false });
    if (next !== null && next !== "given up") {
      lane.failures += 1;
      later(next.retryInMs, () => ready.push(name));
      return;
    }
    lane.items.shift();
    lane.failures = 0;
    if (lane.items.length === 0) lanes.delete(name);
    else ready.push(name);
    options.settled(item);
  }

  function decide(lane: Lane, result: AttemptResult): NonNullable<Told["next"]> {
    if (options.retries !== null && lane.failures >= options.retries) return "given up";
    const ownMs = answerDelaysMs[Math.min(lane.failures, answerDelaysMs.length - 1)] ?? 0;
    const askedMs = readRetryAfterMs(result.retryAfter, toInstant(Date.now()));
    return { retryInMs: Math.max(ownMs, askedMs) };
  }

  return {
    add(item) {
      const lane = lanes.get(item.lane);
      if (lane === undefined) {
        lanes.set(item.lane, { items: [item], failures: 0 });
        ready.push(item.lane);
        pump();
      } else lane.items.push(item);
    },
    async stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(underWay);
    },
  };
}
