import { attemptLimits } from "../../webhooks/delivery/attempt-limits.ts";
import {
  readTarget,
  sendDelivery,
  type AttemptResult,
} from "../../webhooks/delivery/send-delivery.ts";
import { createAgent } from "../../webhooks/network/create-agent.ts";
import type { Item } from "./forwarder.ts";

/** Where events are handed on to. */
export interface Target {
  send(item: Item): Promise<AttemptResult>;
  readonly timeoutMs: number;
  close(): Promise<void>;
}

/** Sends as the gateway's own deliveries are sent, signature, limits and all; only that private addresses are what it is for. */
export function openTarget(url: string, secret: string): Target {
  const target = readTarget(url, true);
  const agent = createAgent({ allowed: true, connectTimeoutMs: attemptLimits.connectTimeoutMs });
  return {
    send: ({ event, body }) =>
      sendDelivery(
        agent,
        { target, event, payload: body, secrets: [secret], keys: [], headers: {} },
        Date.now(),
        attemptLimits,
      ),
    timeoutMs: attemptLimits.timeoutMs,
    close: () => agent.destroy(),
  };
}
