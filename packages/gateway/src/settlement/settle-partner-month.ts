import {
  nextMonth,
  settleMonth,
  settlesAt,
  parsePercent,
  type Instant,
  type Settlement,
  type SettlementTerms,
} from "@evergate/core";
import { toWireBill } from "../billing/to-wire.ts";
import { modeOf } from "../events/mode-of.ts";
import { makeId } from "../ids.ts";
import { appendAudit, clockActor } from "../store/audit-log.ts";
import { insertBill, takeBillNumber, type Bill } from "../store/bills.ts";
import { billCharges, listUnbilledCharges, type StoredCharge } from "../store/charges.ts";
import { getPrices } from "../store/catalogue.ts";
import { getCustomerNames } from "../store/customers.ts";
import { appendEvents } from "../store/events.ts";
import { updatePartnerClock, type Partner } from "../store/partners.ts";
import type { Reader, Transaction } from "../store/store.ts";

/** What a month's charges come to: the same for the bill and for the upcoming bill. Null where there is no charge (R22). */
export async function computeSettlement(
  db: Reader,
  partner: Partner,
  charges: readonly StoredCharge[],
): Promise<Settlement | null> {
  const prices = await getPrices(db, [...new Set(charges.map(({ price }) => price))]);
  const taxRate = parsePercent(partner.taxRate);
  if (taxRate === null)
    throw new Error(`The tax rate of ${partner.id} is no percentage: "${partner.taxRate}".`);
  const terms: SettlementTerms = {
    type: partner.terms.type,
    currency: partner.terms.currency,
    taxRate,
    price: (id) => prices.get(id),
  };
  return settleMonth(charges, terms);
}

/** The bill's customers with their names as they are now, in the order of the names. */
export async function nameCustomers(
  db: Reader,
  partner: Partner,
  settlement: Settlement,
): Promise<Bill["customers"]> {
  const names = await getCustomerNames(
    db,
    partner.id,
    settlement.customers.map(({ customer }) => customer),
  );
  const compare = new Intl.Collator("en").compare;
  return settlement.customers
    .map(({ customer, net }) => ({ customer, name: names.get(customer) ?? "", net }))
    .toSorted(
      (one, other) => compare(one.name, other.name) || (one.customer < other.customer ? -1 : 1),
    );
}

/** Settles the partner's month that is due: its one bill, if there is anything to charge (R22–R24), and on to the next month. */
export async function settlePartnerMonth(
  tx: Transaction,
  partner: Partner,
  recordedAt: Instant,
): Promise<void> {
  const { settlementMonth: month } = partner;
  const charges = await listUnbilledCharges(tx, partner.id, month);
  const settlement = await computeSettlement(tx, partner, charges);
  if (settlement !== null) await issueBill(tx, partner, charges, settlement, recordedAt);
  const following = nextMonth(month);
  await updatePartnerClock(tx, partner.id, {
    settlementMonth: following,
    settlementDueAt: settlesAt(following, partner.terms.timeZone),
  });
}

async function issueBill(
  tx: Transaction,
  partner: Partner,
  charges: readonly StoredCharge[],
  settlement: Settlement,
  recordedAt: Instant,
): Promise<void> {
  const { settlementMonth: month, settlementDueAt: issuedAt } = partner;
  const id = makeId("bill");
  const customers = await nameCustomers(tx, partner, settlement);
  await billCharges(tx, partner.id, month, id, toBilledLines(charges, settlement));
  // The number is taken last: from here to the commit everybody else's bill of this series waits.
  const number = await takeBillNumber(
    tx,
    partner.mode === "live" ? "live" : partner.id,
    month.slice(0, 4),
  );
  const bill: Bill = {
    id,
    number,
    month,
    currency: partner.terms.currency,
    net: settlement.net,
    taxRate: partner.taxRate,
    tax: settlement.tax,
    total: settlement.total,
    lineCount: settlement.lineCount,
    customers,
    issuedAt,
  };
  await insertBill(tx, partner.id, bill);
  const wire = toWireBill(bill, partner.id);
  const event = {
    subscription: null,
    sequence: null,
    occurredAt: issuedAt,
    data: { ...wire, previous: null, ...modeOf(partner) },
  };
  await appendEvents(tx, partner.id, [
    { ...event, type: "bill.issued" },
    { ...event, type: "settlement.completed" },
  ]);
  await appendAudit(tx, partner.id, [
    {
      at: issuedAt,
      recordedAt,
      action: "bill.issued",
      subject: id,
      actor: clockActor,
      apiKey: null,
      requestId: null,
      before: null,
      after: wire,
    },
  ]);
}

function toBilledLines(charges: readonly StoredCharge[], settlement: Settlement) {
  const ids = new Map(
    charges.map((charge) => [`${charge.subscription} ${charge.period.startsOn}`, charge.id]),
  );
  return settlement.lines.map((line) => {
    const id = ids.get(`${line.charge.subscription} ${line.charge.period.startsOn}`);
    if (id === undefined)
      throw new Error(
        `A settled charge of ${line.charge.subscription} is not among the month's charges.`,
      );
    return { id, line };
  });
}
