import { announcePrepaidEnd, type PrepaidLicence } from "@evergate/core";
import { recordChanges } from "../app/record-change.ts";
import type { PartnerWriteWorld } from "../app/world.ts";
import { appendEvents } from "../store/events.ts";
import { insertPrepaidLicences } from "../store/prepaid-licences.ts";
import { toEndingEvent } from "./announce-ends.ts";
import { followLicences, readWaiting } from "./follow-licences.ts";
import { toWirePrepaidLicence } from "./to-wire.ts";

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
  for (const one of waiting) await followLicences(world, one, action);
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
