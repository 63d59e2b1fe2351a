import {
  advance,
  billMonthOf,
  dayOf,
  formatAmount,
  formatInstant,
  monthOf,
  noAmount,
  settlesAt,
  type Instant,
  type Month,
  type SubscriptionId,
} from "@evergate/core";
import type { PartnerReadRoom } from "../app/room.ts";
import { computeSettlement, nameCustomers } from "../settlement/upcoming-settlement.ts";
import { listChargesFrom, openCharge, type StoredCharge } from "../store/charges.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { listRunningSubscriptions } from "../store/subscriptions.ts";
import { loadContext } from "../subscriptions/load-context.ts";
import { customersShown, toWireCustomers } from "./to-wire.ts";

const chunkSize = 500;
const maximumCharges = 10_000_000;

/** The bill of the running month as it would come out if nothing more changed (R23): the same settlement, carried out in memory. */
export const getUpcomingBill: PartnerReadRoom<"getUpcomingBill"> = async (
  _request,
  { db, partner, at },
) => {
  const { currency, timeZone } = partner.terms;
  const month = monthOf(dayOf(at, timeZone));
  const issuesAt = settlesAt(month, timeZone);
  const charges = [
    ...(await listChargesFrom(db, partner.id, month, null, maximumCharges)),
    ...(await foreseeCharges(db, partner, month, issuesAt)),
  ];
  const settlement = await computeSettlement(db, partner, charges);
  return {
    status: 200,
    body: {
      partner: partner.id,
      month,
      currency,
      net: formatAmount(settlement?.net ?? noAmount, currency),
      taxRate: partner.taxRate,
      tax: formatAmount(settlement?.tax ?? noAmount, currency),
      total: formatAmount(settlement?.total ?? noAmount, currency),
      issuesAt: formatInstant(issuesAt),
      customers:
        settlement === null
          ? []
          : toWireCustomers(
              (await nameCustomers(db, partner, settlement)).slice(0, customersShown),
              currency,
            ),
      customerCount: settlement?.customers.length ?? 0,
      lineCount: settlement?.lineCount ?? 0,
    },
  };
};

/** The charges that running periods will come to until the month is settled: every subscription moves on, in memory only. */
async function foreseeCharges(
  db: Reader,
  partner: Partner,
  month: Month,
  until: Instant,
): Promise<StoredCharge[]> {
  const charges: StoredCharge[] = [];
  let after: SubscriptionId | null = null;
  for (;;) {
    const running = await listRunningSubscriptions(db, partner.id, after, chunkSize);
    const context = await loadContext(db, partner, running);
    for (const subscription of running) {
      for (const { charge } of advance(subscription, until, context).facts) {
        if (charge !== null && billMonthOf(charge) === month)
          charges.push(openCharge(charge, partner.terms.currency));
      }
    }
    const last = running.at(-1);
    if (last === undefined || running.length < chunkSize) return charges;
    after = last.id;
  }
}
