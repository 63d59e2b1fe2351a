import { announcePrepaidEnd, type PrepaidLicence } from "@evergate/core";
import { recordChanges } from "../app/record-change.ts";
import type { PartnerWriteWorld } from "../app/world.ts";
import { appendEvents } from "../store/events.ts";
import { insertPrepaidLicences } from "../store/prepaid-licences.ts";
import { listWaitingCustomers } from "../store/subscriptions.ts";
import { toEndingEvent } from "./announce-ends.ts";
import { followLicences, readHeldBefore, type HeldBefore } from "./follow-licences.ts";
import { toWirePrepaidLicence } from "./to-wire.ts";

/** So many customers are asked for in one statement. */
const chunkSize = 500;

/** So many licences are saved by one statement: of few shapes, whose text is kept (insert-rows.ts). */
const savedAtOnce = 200;

/**
 * Saves new licences, announces those that end in less than 30 days, and lets what waits for them follow (R14).
 * Whoever calls holds the locks of their customers.
 */
export async function registerLicences(
  world: PartnerWriteWorld,
  licences: readonly PrepaidLicence[],
  action: string,
): Promise<void> {
  const waiting = await readWaiting(world, licences);
  for (let start = 0; start < licences.length; start += savedAtOnce)
    await saveLicences(world, licences.slice(start, start + savedAtOnce), action);
  for (const before of waiting) await followLicences(world, before, action);
}

async function saveLicences(
  world: PartnerWriteWorld,
  licences: readonly PrepaidLicence[],
  action: string,
): Promise<void> {
  const { tx, partner, at } = world;
  const isDue = ({ noticeDueAt }: PrepaidLicence): boolean =>
    noticeDueAt !== null && noticeDueAt <= at;
  await insertPrepaidLicences(
    tx,
    partner.id,
    licences.map((licence) => (isDue(licence) ? announcePrepaidEnd(licence) : licence)),
  );
  await appendEvents(
    tx,
    partner.id,
    licences.filter(isDue).map((licence) => toEndingEvent(licence, partner, at)),
  );
  await recordChanges(
    world,
    action,
    licences.map((licence) => ({
      subject: licence.id,
      before: null,
      after: toWirePrepaidLicence(licence, partner.terms),
    })),
  );
}

/** Of these licences' customers and products, those for which something is still to begin, as they are before. */
async function readWaiting(
  world: PartnerWriteWorld,
  licences: readonly PrepaidLicence[],
): Promise<readonly HeldBefore[]> {
  const { tx, partner } = world;
  const customers = [...new Set(licences.map(({ customer }) => customer))];
  const pairs = new Map(
    licences.map(({ customer, product }) => [`${customer} ${product}`, { customer, product }]),
  );
  const found: HeldBefore[] = [];
  for (let start = 0; start < customers.length; start += chunkSize) {
    const rows = await listWaitingCustomers(
      tx,
      partner.id,
      customers.slice(start, start + chunkSize),
    );
    for (const name of new Set(rows.map(({ customer, product }) => `${customer} ${product}`))) {
      const pair = pairs.get(name);
      if (pair !== undefined) found.push(await readHeldBefore(world, pair.customer, pair.product));
    }
  }
  return found;
}
