import { formatAmount, formatPercent, formatPrice } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { StoredCharge } from "../store/charges.ts";

export type WireCharge = components["schemas"]["ChargeFields"];

/** A charge as the API answers it. */
export function toWireCharge(charge: StoredCharge): WireCharge {
  return {
    id: charge.id,
    subscription: charge.subscription,
    customer: charge.customer,
    product: charge.product,
    period: { startsOn: charge.period.startsOn, endsOn: charge.period.endsOn },
    quantity: charge.quantity,
    unitPrice: formatPrice(charge.unitPrice, charge.currency),
    days: charge.days === null ? null : { charged: charge.days.charged, of: charge.days.of },
    discountPercent: formatPercent(charge.discountPercent),
    amount: formatAmount(charge.amount, charge.currency),
    currency: charge.currency,
    bill: charge.bill,
  };
}
