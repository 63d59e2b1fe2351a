import { setTimeout as delay } from "node:timers/promises";
import { dayOf, formatInstant, monthOf, settlesAt } from "@evergate/core";
import { refuse, refuseField } from "../app/problem.ts";
import { readMonth } from "../app/read-time.ts";
import type { OperatorProcessRoom } from "../app/room.ts";
import { toPartnerId } from "../ids.ts";
import { catchUp } from "../clockwork/catch-up.ts";
import { findPartner, partnerNow } from "../store/partners.ts";
import { findSettlement } from "../store/settlements.ts";
import { StoreUnavailableError } from "../store/store.ts";
import { toWireSettlement } from "./to-wire.ts";

const busyDelayMs = 20;

/** Settles a partner's month without waiting for the clockwork; one that is settled already is answered as it is (R24). */
export const runSettlement: OperatorProcessRoom<"runSettlement"> = async (
  { path, body },
  { db, at, services },
) => {
  const partner = await findPartner(db, toPartnerId(path.partnerId));
  if (partner === undefined) return refuse("not_found", `There is no partner ${path.partnerId}.`);
  const month = readMonth(body.month, "/month");
  const { timeZone } = partner.terms;
  const endsAt = settlesAt(month, timeZone);
  if (partnerNow(partner, at) < endsAt)
    return refuseField(
      "month_not_over",
      "/month",
      `${month} ends for the partner at ${formatInstant(endsAt)}; it is settled from then on.`,
    );
  const first = monthOf(dayOf(partner.createdAt, timeZone));
  if (month < first)
    return refuseField("month_before_partner", "/month", `The partner's first month is ${first}.`);
  try {
    while ((await catchUp(services, partner.id, endsAt)) === "busy") await delay(busyDelayMs);
  } catch (error) {
    const failure = services.store.translate(error);
    if (failure instanceof StoreUnavailableError || !(failure instanceof Error)) throw error;
    services.log.error(
      { err: failure, partner: partner.id },
      "a settlement that was asked for failed",
    );
    return refuse("settlement_failed", `${month} can't be settled: ${failure.message}`);
  }
  services.signals.eventsStored(partner.id);
  const run = await findSettlement(db, partner.id, month);
  if (run === undefined)
    throw new Error(`${month} is settled for ${partner.id}, but not on record.`);
  return { status: 200, body: toWireSettlement(run) };
};
