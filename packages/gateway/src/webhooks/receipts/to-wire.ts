import { formatInstant } from "@evergate/core";
import type { components } from "../../generated/api.ts";
import type { Receipt } from "../../store/receipts.ts";

export type WireReceipt = components["schemas"]["Receipt"];

/** A receipt as the API answers it. */
export function toWireReceipt(receipt: Receipt): WireReceipt {
  return {
    id: receipt.id,
    event: receipt.event,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every type that is stored is one of the contract's
    eventType: receipt.eventType as WireReceipt["eventType"],
    endpoint: receipt.endpoint,
    subscription: receipt.subscription,
    status: receipt.status,
    detail: receipt.detail,
    expectedAt: formatInstant(receipt.expectedAt),
    dueAt: formatInstant(receipt.dueAt),
    answeredAt: receipt.answeredAt === null ? null : formatInstant(receipt.answeredAt),
  };
}
