import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import type { Transaction } from "../../store/store.ts";
import {
  isReceiving,
  updateEndpoint,
  type WebhookEndpoint,
} from "../../store/webhook-endpoints.ts";
import { switchQueue, touchQueue } from "../../store/webhook-queues.ts";

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
  if (isReceiving(before) === isOn) await touchQueue(tx, partner, after.id, now);
  else await switchQueue(tx, partner, after.id, isOn, now);
}
