import { formatInstant } from "@evergate/core";
import { refuse, type Refused } from "../../app/problem.ts";
import { recordChange } from "../../app/record-change.ts";
import type { PartnerWriteRoom } from "../../app/room.ts";
import { findEvent } from "../../store/events.ts";
import { lockReceiptsOfEvents, type Receipt } from "../../store/receipts.ts";
import { decideReceipt } from "./decide-receipt.ts";
import { saveReceipts } from "./save-receipts.ts";
import { toWireReceipt } from "./to-wire.ts";

/**
 * Records what a receiver has done about an event.
 * Refusals: `not_found` (the event), `receipt_endpoint_required`, `receipt_not_expected`, `receipt_already_applied`.
 */
export const recordReceipt: PartnerWriteRoom<"recordReceipt"> = async ({ path, body }, world) => {
  const { tx, services, partner, at } = world;
  const event = await findEvent(tx, partner.id, path.eventId);
  if (event === undefined) return refuse("not_found", `You have no event ${path.eventId}.`);
  const owed = await lockReceiptsOfEvents(tx, services.store.dialect, partner.id, [event.id]);
  const before = chooseReceipt(event.id, owed, body.endpoint);
  if ("refused" in before) return before;
  const report = { status: body.status, detail: body.detail ?? null };
  const after = decideReceipt(before, report, services.now());
  if (after === null)
    return refuse(
      "receipt_already_applied",
      `${event.id} was reported as applied at ${formatInstant(before.answeredAt ?? before.expectedAt)}, which is final.`,
    );
  const wire = toWireReceipt(after);
  if (after !== before) {
    await saveReceipts(tx, partner, [{ before, after }], () => at);
    await recordChange(world, "recordReceipt", after.id, toWireReceipt(before), wire);
  }
  return { status: 200, body: wire };
};

/** The receipt that is meant: that of the endpoint named, or the only one there is. */
function chooseReceipt(
  event: string,
  owed: readonly Receipt[],
  endpoint: string | undefined,
): Receipt | Refused {
  const meant = owed.filter((receipt) => endpoint === undefined || receipt.endpoint === endpoint);
  const [receipt, ...others] = meant;
  if (receipt === undefined)
    return refuse(
      "receipt_not_expected",
      endpoint === undefined
        ? `None of your endpoints was asked for a receipt of ${event}.`
        : `Of ${endpoint} no receipt of ${event} is awaited.`,
    );
  if (others.length > 0)
    return refuse(
      "receipt_endpoint_required",
      `${meant.map((one) => one.endpoint).join(", ")} owe a receipt of this event each; say for which you report.`,
    );
  return receipt;
}
