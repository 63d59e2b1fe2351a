import type { Agent } from "undici";
import type { PartnerId } from "../../ids.ts";
import { ProblemError } from "../../app/problem.ts";
import type { Settings } from "../../settings.ts";
import { attemptLimits, type AttemptLimits } from "../delivery/attempt-limits.ts";
import { sendDelivery, type AttemptResult, type Message } from "../delivery/send-delivery.ts";
import { createAgent } from "../network/create-agent.ts";

/** Sends what somebody waits for the answer of, outside the queues. */
export interface Asker {
  /** Throws `unavailable` where this partner, or everybody together, has too much under way. */
  ask(partner: PartnerId, message: Message, sentAtMs: number): Promise<AttemptResult>;
  stop(): Promise<void>;
}

/** Each may take 15 seconds, and holds a request for so long: nobody's silent servers may take all there are. */
const atOnceOfPartner = 2;
const atOnce = 32;

/** Here the body is what is asked for: it may take as long as the whole attempt. */
const limits: AttemptLimits = { ...attemptLimits, bodyMs: attemptLimits.timeoutMs };

export function createAsker(allowed: Settings["privateWebhooks"]): Asker {
  const agent: Agent = createAgent({
    allowed,
    connectTimeoutMs: limits.connectTimeoutMs,
  });
  const countOf = new Map<PartnerId, number>();
  let count = 0;
  return {
    async ask(partner, message, sentAtMs) {
      const own = countOf.get(partner) ?? 0;
      if (own >= atOnceOfPartner || count >= atOnce)
        throw new ProblemError(
          "unavailable",
          own >= atOnceOfPartner
            ? `${own} of your endpoints are being asked just now. Try again when they have answered.`
            : "Many endpoints are being asked just now. Try again a little later.",
          [],
          { retryAfterSeconds: 5 },
        );
      countOf.set(partner, own + 1);
      count += 1;
      try {
        return await sendDelivery(agent, message, sentAtMs, limits);
      } finally {
        const left = (countOf.get(partner) ?? 1) - 1;
        if (left === 0) countOf.delete(partner);
        else countOf.set(partner, left);
        count -= 1;
      }
    },
    stop: () => agent.destroy(),
  };
}
