import { formatAmount, formatPercent, formatPrice, type Month } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { ReconciledCharge } from "../store/reconciliation.ts";

export type ReconciliationRow = components["schemas"]["ReconciliationRow"];

export function toReconciliationRow(
  { charge, ...names }: ReconciledCharge,
  month: Month,
): ReconciliationRow {
  return {
    charge: charge.id,
    month,
    bill: charge.bill,
    billNumber: names.billNumber,
    customer: charge.customer,
    customerExternalId: names.customerExternalId,
    customerName: names.customerName,
    subscription: charge.subscription,
    subscriptionExternalId: names.subscriptionExternalId,
    product: charge.product,
    productCode: names.productCode,
    periodStartsOn: charge.period.startsOn,
    periodEndsOn: charge.period.endsOn,
    quantity: charge.quantity,
    unitPrice: formatPrice(charge.unitPrice, charge.currency),
    daysCharged: charge.days?.charged ?? null,
    daysOf: charge.days?.of ?? null,
    discountPercent: formatPercent(charge.discountPercent),
    amount: formatAmount(charge.amount, charge.currency),
    currency: charge.currency,
  };
}
