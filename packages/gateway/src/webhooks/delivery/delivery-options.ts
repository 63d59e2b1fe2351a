import { defaultWebhookConcurrency } from "../../settings.ts";
import type { ResolveName } from "../network/create-agent.ts";
import { attemptLimits, type AttemptLimits } from "./attempt-limits.ts";
import { retryDelaysMs } from "./retry-schedule.ts";

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
  /** Less than two days each, with a fifth more by chance: what is further ahead counts as due (`store/waits.ts`). */
  readonly retryDelaysMs: readonly number[];
  /** From 0 to 1. */
  readonly random: () => number;
  readonly resolveName?: ResolveName;
  readonly ca?: string;
}

export const deliveryDefaults: DeliveryOptions = {
  ...attemptLimits,
  lookEveryMs: 500,
  leaseMs: attemptLimits.timeoutMs + 15_000,
  idleMs: 5_000,
  perEndpoint: defaultWebhookConcurrency,
  total: 1_024,
  retryDelaysMs,
  random: Math.random,
};
