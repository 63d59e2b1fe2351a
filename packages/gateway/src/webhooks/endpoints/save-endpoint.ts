import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import type { Transaction } from "../../store/store.ts";
import {
  isReceiving,
  owesProof,
  updateEndpoint,
  type WebhookEndpoint,
} from "../../store/webhook-endpoints.ts";
import { resumeProbing, startQueue, stopQueue, touchQueue } from "../../store/webhook-queues.ts";

/** Saves an endpoint that the transaction has locked, and has its queue rest, go on or be read anew, whichever follows. */
export async function saveEndpoint(
  tx: Transaction,
  partner: PartnerId,
  before: WebhookEndpoint,
  after: WebhookEndpoint,
  now: Instant,
): Promise<void> {
  await updateEndpoint(tx, partner, after);
  const isMoved = before.url !== after.url;
  if (isReceiving(after)) {
    if (isMoved || !isReceiving(before)) await startQueue(tx, partner, after.id, now);
    else await touchQueue(tx, partner, after.id, now);
  }
  // One that was disabled for failing is probed with what waits for it: that too is a delivery, and needs the proof.
  else if (isReceiving(before) || owesProof(after)) await stopQueue(tx, partner, after.id, now);
  else if (isMoved || owesProof(before)) await resumeProbing(tx, partner, after.id, now);
  else await touchQueue(tx, partner, after.id, now);
}
