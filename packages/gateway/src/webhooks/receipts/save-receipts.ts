import type { Instant } from "@evergate/core";
import { modeOf } from "../../events/mode-of.ts";
import { appendEvents } from "../../store/events.ts";
import type { Partner } from "../../store/partners.ts";
import { updateReceipts, type Receipt } from "../../store/receipts.ts";
import type { Transaction } from "../../store/store.ts";
import { toWireReceipt } from "./to-wire.ts";

/** A receipt before and after a report, or before and after its time was up. */
export interface ReceiptChange {
  readonly before: Receipt;
  readonly after: Receipt;
}

/** Saves locked receipts that have changed, and tells of those that are rejected or overdue from now on (R27). */
export async function saveReceipts(
  tx: Transaction,
  partner: Partner,
  changes: readonly ReceiptChange[],
  occurredAt: (receipt: Receipt) => Instant,
): Promise<void> {
  await updateReceipts(
    tx,
    partner.id,
    changes.map(({ after }) => after),
  );
  await appendEvents(
    tx,
    partner.id,
    changes
      .filter(({ before, after }) => before.status !== after.status && after.status !== "applied")
      .map(({ after }) => ({
        type: `receipt.${after.status}`,
        // It is no change of the subscription's, whose numbers are given under its own lock.
        subscription: null,
        sequence: null,
        occurredAt: occurredAt(after),
        data: { ...toWireReceipt(after), ...modeOf(partner) },
      })),
  );
}
