import { announcePrepaidEnd, type PrepaidLicence } from "@evergate/core";
import { ProblemError } from "../app/problem.ts";
import type { PartnerWriteWorld } from "../app/world.ts";
import { lockCustomer } from "../store/customers.ts";
import { appendEvents } from "../store/events.ts";
import { findPrepaidLicence, updatePrepaidLicence } from "../store/prepaid-licences.ts";
import { toEndingEvent } from "./announce-ends.ts";

/**
 * A licence, locked by its customer, under whose lock all its licences are changed; what was to be announced of it until
 * now has been (R2). Throws `not_found`, also for another partner's.
 */
export async function lockLicence(
  { tx, partner, services, at }: PartnerWriteWorld,
  reference: string,
): Promise<PrepaidLicence> {
  const found = await findPrepaidLicence(tx, partner.id, reference);
  if (found !== undefined)
    await lockCustomer(tx, services.store.dialect, partner.id, found.customer);
  // Read again under the lock: another request may have changed it, or taken it back.
  const licence = found && (await findPrepaidLicence(tx, partner.id, found.id));
  if (licence === undefined)
    throw new ProblemError("not_found", `You have no prepaid licence ${reference}.`);
  if (licence.noticeDueAt === null || licence.noticeDueAt > at) return licence;
  const announced = announcePrepaidEnd(licence);
  await appendEvents(tx, partner.id, [toEndingEvent(licence, partner, licence.noticeDueAt)]);
  await updatePrepaidLicence(tx, partner.id, announced);
  return announced;
}
