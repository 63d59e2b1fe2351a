import type { KeyObject } from "node:crypto";
import type { Instant } from "@evergate/core";
import type { Services } from "../../app/world.ts";
import { never } from "../../store/waits.ts";
import { openSending } from "../../store/webhook-secrets.ts";
import type { WaitingDelivery } from "../../store/webhook-windows.ts";
import { createAgent } from "../network/create-agent.ts";
import type { DeliveryOptions } from "./delivery-options.ts";
import { makeBody } from "./make-body.ts";
import { readTarget, sendDelivery, type AttemptResult } from "./send-delivery.ts";
import type { Opened, Served } from "./served-endpoint.ts";

/** Sends deliveries, signed as their endpoints want it. */
export interface Sender {
  /** Never throws: what goes wrong is the attempt's result. */
  send(served: Served, delivery: WaitingDelivery, attemptedAt: Instant): Promise<AttemptResult>;
  stop(): Promise<void>;
}

export function createSender(
  services: Pick<Services, "secretBox" | "signingKeys" | "log" | "privateWebhooks">,
  options: DeliveryOptions,
): Sender {
  const { secretBox, signingKeys, log, privateWebhooks } = services;
  const agent = createAgent({
    allowed: privateWebhooks,
    connectTimeoutMs: options.connectTimeoutMs,
    resolveName: options.resolveName,
    ca: options.ca,
  });

  /** Decrypts an endpoint's secrets once, and again when one of them ends. */
  function openOnce({ endpoint, opened }: Served, at: Instant): Opened {
    if (opened !== null && opened.goodFrom <= at && at < opened.goodUntil) return opened;
    const sending = openSending(secretBox, endpoint.partner, endpoint.id, endpoint.sealed, at);
    const goodUntil = endpoint.previousSecretsEndAt.find((end) => end > at) ?? never;
    return {
      sending,
      target: readTarget(endpoint.url, privateWebhooks),
      goodFrom: at,
      goodUntil,
    };
  }

  return {
    async send(served, delivery, attemptedAt) {
      const { endpoint } = served;
      // The keys may have to be waited for; with them, too, it must not outlive the lease.
      const endsAt = performance.now() + options.timeoutMs;
      let opened: Opened;
      let keys: readonly KeyObject[];
      try {
        opened = openOnce(served, attemptedAt);
        served.opened = opened;
        keys = endpoint.isSignedByGateway ? await signingKeys.listSigners() : [];
        if (performance.now() >= endsAt) throw new Error("The keys to sign with came too late.");
      } catch (err) {
        log.error(
          { err, partner: endpoint.partner, endpoint: endpoint.id },
          "a delivery can't be signed: is EVERGATE_SECRET_KEY the one that the endpoint's secret and the signing keys were made with?",
        );
        return unsigned;
      }
      const { sending, target } = opened;
      return sendDelivery(
        agent,
        {
          target,
          event: delivery.event,
          payload: delivery.body ?? makeBody(delivery.payload, endpoint.id, delivery.sequence),
          ...sending,
          keys,
        },
        attemptedAt,
        options,
        endsAt,
      );
    },
    stop: () => agent.destroy(),
  };
}

const unsigned: AttemptResult = {
  status: null,
  isUnreachable: false,
  retryAfter: null,
  excerpt: null,
  address: null,
  error: "Nothing was sent: the gateway can't sign it; its operator has to help.",
};
