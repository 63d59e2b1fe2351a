import type { KeyObject } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "../../app/world.ts";
import {
  claimDeliveries,
  listDueEndpoints,
  type ClaimedDelivery,
  type EndpointKey,
} from "../../store/webhook-queue.ts";
import { openSending, type Sending } from "../../store/webhook-secrets.ts";
import { createAttemptRecorder } from "./attempt-recorder.ts";
import { createBell } from "./bell.ts";
import { createAgent, type ResolveName } from "../network/create-agent.ts";
import { decideNext, retryDelaysMs } from "./retry-schedule.ts";
import {
  attemptLimits,
  sendDelivery,
  type AttemptLimits,
  type AttemptResult,
} from "./send-delivery.ts";

/** How deliveries are made. Tests give their own times, so that none of them waits. */
export interface DeliveryOptions extends AttemptLimits {
  /** How often is looked for what other processes have queued, and for what falls due. */
  readonly lookEveryMs: number;
  /** How long a claim holds: longer than any attempt and its recording, or it is made twice. */
  readonly leaseMs: number;
  /** Attempts under way at once, to one endpoint and in all, by this process. */
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
  lookEveryMs: 1_000,
  leaseMs: attemptLimits.timeoutMs + 15_000,
  perEndpoint: 8,
  total: 128,
  retryDelaysMs,
  random: Math.random,
};

export interface DeliveryWorker {
  /** There may be something to deliver. */
  wake(): void;
  /** Takes on nothing new, and ends once what is under way has been recorded. */
  stop(): Promise<void>;
}

/**
 * Delivers events to endpoints until stopped. Any number of processes may do so at once.
 * What this one had claimed when it is killed is delivered by another after the lease: at least once, in each subscription's order.
 */
export function startDeliveryWorker(
  services: Pick<
    Services,
    "store" | "sealer" | "secretBox" | "signingKeys" | "log" | "now" | "privateWebhooks"
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
  const bell = createBell();
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const countOf = new Map<string, number>();
  let lastServed: EndpointKey | null = null;
  let stopped: Promise<void> | null = null;

  /** Claims what may be attempted now, a fair share for each endpoint that has something due. */
  async function claim(): Promise<readonly ClaimedDelivery[]> {
    const free = settings.total - underWay.size;
    if (free <= 0) return [];
    const due = await listDueEndpoints(
      store.reader,
      now(),
      lastServed,
      settings.total + countOf.size,
    );
    const served = due.filter((key) => roomOf(key) > 0).slice(0, free);
    if (served.length === 0) return [];
    const share = Math.max(1, Math.floor(free / served.length));
    const claimed = await store.transaction(async (tx) => {
      const deliveries: ClaimedDelivery[] = [];
      for (const key of served)
        deliveries.push(
          ...(await claimDeliveries(
            tx,
            store.dialect,
            key,
            Math.min(share, roomOf(key)),
            now(),
            settings.leaseMs,
          )),
        );
      return deliveries;
    });
    lastServed = served.at(-1) ?? null;
    return claimed;
  }

  function roomOf(key: EndpointKey): number {
    return settings.perEndpoint - (countOf.get(toName(key)) ?? 0);
  }

  async function attempt(delivery: ClaimedDelivery): Promise<void> {
    const attemptedAt = now();
    const begunAt = performance.now();
    const result = await send(delivery, attemptedAt);
    await recorder.record({
      delivery,
      attemptedAt,
      durationMs: Math.round(performance.now() - begunAt),
      responseStatus: result.status,
      responseExcerpt: result.excerpt,
      address: result.address,
      error: result.error,
      next: decideNext(
        result,
        delivery.attemptNumber,
        now(),
        settings.retryDelaysMs,
        settings.random(),
      ),
      isEndpointGone: result.status === 410,
    });
  }

  async function send(delivery: ClaimedDelivery, attemptedAt: number): Promise<AttemptResult> {
    const { partner, endpoint, event, url, payload, sealed } = delivery;
    let sending: Sending;
    let keys: readonly KeyObject[];
    try {
      sending = openSending(secretBox, partner, endpoint, sealed, now());
      keys = delivery.isSignedByGateway ? await signingKeys.listSigners() : [];
    } catch (err) {
      log.error(
        { err, partner, endpoint },
        "a delivery can't be signed: is EVERGATE_SECRET_KEY the one that the endpoint's secret and the signing keys were made with?",
      );
      return {
        status: null,
        retryAfter: null,
        excerpt: null,
        address: null,
        error: "Nothing was sent: the gateway can't sign it; its operator has to help.",
      };
    }
    return sendDelivery(
      agent,
      { url, event, payload, ...sending, keys },
      attemptedAt,
      privateWebhooks,
      settings,
    );
  }

  function begin(delivery: ClaimedDelivery): void {
    const name = toName(delivery);
    countOf.set(name, (countOf.get(name) ?? 0) + 1);
    const running = attempt(delivery)
      .catch((err: unknown) =>
        log.error(
          { err, endpoint: delivery.endpoint },
          "an attempt to deliver failed unexpectedly; it is made again after its lease",
        ),
      )
      .finally(() => {
        const count = (countOf.get(name) ?? 1) - 1;
        if (count === 0) countOf.delete(name);
        else countOf.set(name, count);
        underWay.delete(running);
        bell.ring();
      });
    underWay.add(running);
  }

  async function deliver(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const claimed = await claim();
        for (const delivery of claimed) begin(delivery);
        if (claimed.length === 0) await bell.wait(settings.lookEveryMs);
      } catch (error) {
        log.error(
          { err: store.translate(error) },
          "claiming webhook deliveries failed; it is tried again",
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
    await agent.destroy();
  }

  const delivering = deliver();
  return {
    wake: () => bell.ring(),
    stop: () => (stopped ??= end()),
  };
}

function toName(key: EndpointKey): string {
  return `${key.partner}/${key.endpoint}`;
}
