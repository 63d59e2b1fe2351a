import { formatAmount, formatInstant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { PartnerId } from "../ids.ts";
import { listBillCustomers, type BillCustomer } from "../store/bill-customers.ts";
import type { Bill } from "../store/bills.ts";
import type { Reader } from "../store/store.ts";

export type WireBill = components["schemas"]["BillFields"];

/** So many customers are shown with a bill itself; all of them have pages of their own. */
export const customersShown = 100;

/** A bill as the API answers it, with its first customers. */
export function toWireBill(
  bill: Bill,
  partner: PartnerId,
  customers: readonly Pick<BillCustomer, "customer" | "name" | "net">[],
): WireBill {
  return {
    id: bill.id,
    number: bill.number,
    partner,
    supplier: bill.supplier,
    recipient: bill.recipient,
    month: bill.month,
    currency: bill.currency,
    net: formatAmount(bill.net, bill.currency),
    taxRate: bill.taxRate,
    tax: formatAmount(bill.tax, bill.currency),
    total: formatAmount(bill.total, bill.currency),
    reverseCharge: bill.reverseCharge,
    issuedAt: formatInstant(bill.issuedAt),
    customers: toWireCustomers(customers, bill.currency),
    customerCount: bill.customerCount,
    lineCount: bill.lineCount,
  };
}

export function toWireCustomers(
  customers: readonly Pick<BillCustomer, "customer" | "name" | "net">[],
  currency: string,
): WireBill["customers"] {
  return customers.map(({ customer, name, net }) => ({
    customer,
    name,
    net: formatAmount(net, currency),
  }));
}

/** A stored bill as the API answers it. */
export async function presentBill(db: Reader, partner: PartnerId, bill: Bill): Promise<WireBill> {
  const { data } = await listBillCustomers(db, partner, bill.month, { limit: customersShown });
  return toWireBill(bill, partner, data);
}
