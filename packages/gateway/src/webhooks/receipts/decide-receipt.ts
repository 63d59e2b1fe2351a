import type { Instant } from "@evergate/core";
import type { Receipt } from "../../store/receipts.ts";

/** What a receiver reports of an event. */
export interface ReceiptReport {
  readonly status: "applied" | "rejected";
  readonly detail: string | null;
}

/**
 * What a report makes of a receipt; null where it says that what was applied is rejected: that something was done is
 * final, as others have built on it. The same again, with nothing new to say, leaves the receipt as it is.
 */
export function decideReceipt(
  receipt: Receipt,
  report: ReceiptReport,
  now: Instant,
): Receipt | null {
  if (receipt.status !== report.status)
    return receipt.status === "applied"
      ? null
      : { ...receipt, status: report.status, detail: report.detail, answeredAt: now };
  return report.detail === null || report.detail === receipt.detail
    ? receipt
    : { ...receipt, detail: report.detail };
}
