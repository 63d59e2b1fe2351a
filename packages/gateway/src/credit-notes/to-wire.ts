import { formatAmount, formatInstant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { PartnerId } from "../ids.ts";
import type { CreditNoteLine } from "../store/credit-note-lines.ts";
import type { CreditNote } from "../store/credit-notes.ts";

type Schemas = components["schemas"];

/** A credit note as the API answers it. */
export function toWireCreditNote(
  note: CreditNote,
  partner: PartnerId,
): Schemas["CreditNoteFields"] {
  const { bill } = note;
  return {
    id: note.id,
    number: note.number,
    bill: bill.id,
    billNumber: bill.number,
    partner,
    month: bill.month,
    supplier: bill.supplier,
    recipient: bill.recipient,
    currency: bill.currency,
    net: formatAmount(note.net, bill.currency),
    taxRate: bill.taxRate,
    tax: formatAmount(note.tax, bill.currency),
    total: formatAmount(note.total, bill.currency),
    reverseCharge: bill.reverseCharge,
    reason: note.reason,
    whole: note.isWhole,
    lineCount: note.lineCount,
    issuedAt: formatInstant(note.issuedAt),
  };
}

/** A line of a credit note as the API answers it. */
export function toWireCreditNoteLine({
  charge,
  amount,
}: CreditNoteLine): Schemas["CreditNoteLine"] {
  return {
    charge: charge.id,
    subscription: charge.subscription,
    customer: charge.customer,
    product: charge.product,
    period: charge.period,
    quantity: charge.quantity,
    billed: formatAmount(charge.amount, charge.currency),
    amount: formatAmount(amount, charge.currency),
    currency: charge.currency,
  };
}
