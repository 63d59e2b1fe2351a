import {
  addAmounts,
  computeTax,
  dayOf,
  formatAmount,
  formatInstant,
  monthOf,
  settlesAt,
} from "@evergate/core";
import type { PartnerReadRoom } from "../app/room.ts";
import { billedTaxRate } from "../settlement/bill-parties.ts";
import { readTaxRate } from "../settlement/pricing-terms.ts";
import { sumUpcomingBill } from "../settlement/sum-upcoming-bill.ts";
import { customersShown, toWireCustomers } from "./to-wire.ts";

/** The bill of the running month as it would come out if nothing more changed (R23). */
export const getUpcomingBill: PartnerReadRoom<"getUpcomingBill"> = async (
  _request,
  { db, partner, at },
) => {
  const { currency, timeZone } = partner.terms;
  const month = monthOf(dayOf(at, timeZone));
  const sums = await sumUpcomingBill(db, partner, month, customersShown);
  const tax = computeTax(sums.net, readTaxRate(partner));
  return {
    status: 200,
    body: {
      partner: partner.id,
      month,
      currency,
      net: formatAmount(sums.net, currency),
      taxRate: billedTaxRate(partner),
      tax: formatAmount(tax, currency),
      total: formatAmount(addAmounts(sums.net, tax), currency),
      reverseCharge: partner.reverseCharge,
      issuesAt: formatInstant(settlesAt(month, timeZone)),
      customers: toWireCustomers(sums.customers, currency),
      customerCount: sums.customerCount,
      lineCount: sums.lineCount,
    },
  };
};
