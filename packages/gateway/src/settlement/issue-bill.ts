import { addAmounts, computeTax, type Instant } from "@evergate/core";
import { customersShown, toWireBill } from "../billing/to-wire.ts";
import { modeOf } from "../events/mode-of.ts";
import { makeId } from "../ids.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { appendAudit, clockActor } from "../store/audit-log.ts";
import { listBillCustomers } from "../store/bill-customers.ts";
import { insertBill, takeBillNumber, type Bill } from "../store/bills.ts";
import { appendEvents } from "../store/events.ts";
import type { Partner } from "../store/partners.ts";
import type { Transaction } from "../store/store.ts";
import { makeParties } from "./bill-parties.ts";
import type { Progress } from "./progress.ts";
import { readTaxRate } from "./pricing-terms.ts";

/** Makes the partner's one bill for its month, with its events and its record, and answers its id (R23, R26, R27). */
export async function issueBill(
  tx: Transaction,
  sealer: Sealer,
  partner: Partner,
  { net, lineCount, customerCount }: Pick<Progress, "net" | "lineCount" | "customerCount">,
  recordedAt: Instant,
): Promise<string> {
  const { settlementMonth: month, settlementDueAt: issuedAt } = partner;
  const customers = await listBillCustomers(tx, partner.id, month, { limit: customersShown });
  const tax = computeTax(net, readTaxRate(partner));
  const parties = await makeParties(tx, partner);
  const id = makeId("bill");
  // The number is taken last: from here to the commit everybody else's bill of this series waits.
  const number = await takeBillNumber(tx, partner, month.slice(0, 4));
  const bill: Bill = {
    id,
    number,
    month,
    currency: partner.terms.currency,
    net,
    ...parties,
    tax,
    total: addAmounts(net, tax),
    lineCount,
    customerCount,
    issuedAt,
  };
  await insertBill(tx, partner.id, bill);
  const wire = toWireBill(bill, partner.id, customers.data);
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
  await appendAudit(tx, sealer, partner.id, [
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
  return id;
}
