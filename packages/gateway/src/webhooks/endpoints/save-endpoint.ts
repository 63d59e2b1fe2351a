import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import type { Transaction } from "../../store/store.ts";
import {
  isReceiving,
  owesProof,
  updateEndpoint,
  type WebhookEndpoint,
} from "../../store/webhook-endpoints.ts";
import { resumeProbing, switchQueue, touchQueue } from "../../store/webhook-queues.ts";

/** Saves an endpoint that the transaction has locked, and has its queue rest, go on or be read anew, whichever follows. */
export async function saveEndpoint(
  tx: Transaction,
  partner: PartnerId,
  before: WebhookEndpoint,
  after: WebhookEndpoint,
  now: Instant,
): Promise<void> {
  await updateEndpoint(tx, partner, after);
  const isOn = isReceiving(after);
  if (isReceiving(before) !== isOn) await switchQueue(tx, partner, after.id, isOn, now);
  // One that was disabled for failing is probed with what waits for it: that too is a delivery, and needs the proof.
  else if (owesProof(after)) await switchQueue(tx, partner, after.id, false, now);
  else if (owesProof(before)) await resumeProbing(tx, partner, after.id, now);
  else await touchQueue(tx, partner, after.id, now);
}
