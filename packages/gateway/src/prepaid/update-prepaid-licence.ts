import { announcePrepaidEnd, changePrepaidLicence } from "@evergate/core";
import { readLocalDate } from "../app/read-time.ts";
import { recordChange } from "../app/record-change.ts";
import type { PartnerWriteRoom } from "../app/room.ts";
import { appendEvents } from "../store/events.ts";
import { updatePrepaidLicence as update } from "../store/prepaid-licences.ts";
import { toEndingEvent } from "./announce-ends.ts";
import { refusePrepaidLicence } from "./describe-refusal.ts";
import { followLicences, readWaiting } from "./follow-licences.ts";
import { lockLicence } from "./lock-licence.ts";
import { toWirePrepaidLicence } from "./to-wire.ts";

/** Changes a licence that has not ended; where its end moves, what waits for it moves along (R14). */
export const updatePrepaidLicence: PartnerWriteRoom<"updatePrepaidLicence"> = async (
  { path, body },
  world,
) => {
  const { tx, partner, at } = world;
  const { terms } = partner;
  const change = {
    quantity: body.quantity,
    externalId: body.externalId,
    endsOn: body.endsOn === undefined ? undefined : readLocalDate(body.endsOn, "/endsOn"),
  };
  const before = await lockLicence(world, path.prepaidLicenceId);
  const after = changePrepaidLicence(before, change, terms.timeZone, at);
  if ("code" in after) return refusePrepaidLicence(after);
  const wire = toWirePrepaidLicence(after, terms);
  const waiting = after.endsOn === before.endsOn ? [] : await readWaiting(world, [before]);
  const isDue = after.noticeDueAt !== null && after.noticeDueAt <= at;
  await update(tx, partner.id, isDue ? announcePrepaidEnd(after) : after);
  if (isDue) await appendEvents(tx, partner.id, [toEndingEvent(after, partner, at)]);
  await recordChange(
    world,
    "updatePrepaidLicence",
    after.id,
    toWirePrepaidLicence(before, terms),
    wire,
  );
  for (const one of waiting) await followLicences(world, one, "updatePrepaidLicence");
  return { status: 200, body: wire };
};
