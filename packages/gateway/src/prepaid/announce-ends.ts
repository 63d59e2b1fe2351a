import type { Instant, PrepaidLicence } from "@evergate/core";
import { modeOf } from "../events/mode-of.ts";
import { appendEvents, type NewEvent } from "../store/events.ts";
import type { Partner } from "../store/partners.ts";
import { takeDueNotices } from "../store/prepaid-licences.ts";
import type { Transaction } from "../store/store.ts";
import { toWirePrepaidLicence } from "./to-wire.ts";

/** So many licences are announced in one transaction. */
const chunkSize = 200;

/**
 * Announces ends that are due at `at`, some of them where there are many. What has been announced is not due any more, in
 * the very transaction that holds the events: each end is announced once, whoever does it and whatever is killed.
 */
export async function announceEnds(tx: Transaction, partner: Partner, at: Instant): Promise<void> {
  const licences = await takeDueNotices(tx, partner.id, at, chunkSize);
  await appendEvents(
    tx,
    partner.id,
    licences.map((licence) => toEndingEvent(licence, partner, licence.noticeDueAt ?? at)),
  );
}

/** The event that announces a licence's end. */
export function toEndingEvent(licence: PrepaidLicence, partner: Partner, at: Instant): NewEvent {
  return {
    type: "prepaid_licence.ending",
    subscription: null,
    sequence: null,
    occurredAt: at,
    data: { ...toWirePrepaidLicence(licence, partner.terms), previous: null, ...modeOf(partner) },
  };
}
