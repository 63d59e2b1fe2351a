import { formatAmount, formatInstant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { PartnerId } from "../ids.ts";
import type { Bill } from "../store/bills.ts";

export type WireBill = components["schemas"]["BillFields"];

/** A bill as the API answers it. */
export function toWireBill(bill: Bill, partner: PartnerId): WireBill {
  return {
    id: bill.id,
    number: bill.number,
    partner,
    month: bill.month,
    currency: bill.currency,
    net: formatAmount(bill.net, bill.currency),
    taxRate: bill.taxRate,
    tax: formatAmount(bill.tax, bill.currency),
    total: formatAmount(bill.total, bill.currency),
    issuedAt: formatInstant(bill.issuedAt),
    customers: toWireCustomers(bill.customers, bill.currency),
    lineCount: bill.lineCount,
  };
}

export function toWireCustomers(
  customers: Bill["customers"],
  currency: string,
): WireBill["customers"] {
  return customers.map(({ customer, name, net }) => ({
    customer,
    name,
    net: formatAmount(net, currency),
  }));
}
