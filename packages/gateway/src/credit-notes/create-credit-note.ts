import {
  addAmounts,
  creditLines,
  creditWhole,
  dayOf,
  noAmount,
  parsePercent,
  type CreditableBill,
  type CreditOrderLine,
} from "@evergate/core";
import { refuse } from "../app/problem.ts";
import { recordChange } from "../app/record-change.ts";
import type { PartnerWriteRoom } from "../app/room.ts";
import type { PartnerWriteWorld } from "../app/world.ts";
import { modeOf } from "../events/mode-of.ts";
import { makeId } from "../ids.ts";
import { findBillLines } from "../store/bill-lines.ts";
import { lockBill, type Bill } from "../store/bills.ts";
import {
  countCompleteCredits,
  findLastCreditNote,
  getCredited,
  insertCreditNote,
  insertCreditNoteLines,
  takeCreditNoteNumber,
  type CreditNote,
  type NewCreditLine,
} from "../store/credit-notes.ts";
import { appendEvents } from "../store/events.ts";
import { refuseCredit } from "./describe-refusal.ts";
import { toWireCreditNote } from "./to-wire.ts";

/**
 * Takes back a bill, or parts of it (R30). Of two at once for one bill the second waits for the first, and sees what it
 * has left. One for all that is left reads and writes no line, however many the bill has.
 */
export const createCreditNote: PartnerWriteRoom<"createCreditNote"> = async (
  { path, body },
  world,
) => {
  const { tx, partner, services } = world;
  const bill = await lockBill(tx, services.store.dialect, partner.id, path.billId);
  if (bill === undefined) return refuse("not_found", `There is no bill ${path.billId}.`);
  const last = await findLastCreditNote(tx, partner.id, bill.id);
  const creditable = toCreditable(bill, last);
  if (body.lines === undefined) {
    const decision = creditWhole(creditable);
    if (!decision.accepted) return refuseCredit(decision.refusal, bill, []);
    const complete = await countCompleteCredits(tx, partner.id, bill.month);
    return save(world, bill, last, body.reason, {
      ...decision,
      lineCount: bill.lineCount - complete,
      lines: null,
    });
  }
  const order: readonly CreditOrderLine[] = body.lines.map(({ charge, amount }) => ({
    charge,
    amount: amount ?? null,
  }));
  const ids = order.map(({ charge }) => charge);
  const charges = await findBillLines(tx, partner.id, bill.month, ids);
  const credited = await getCredited(tx, partner.id, ids);
  // Once the whole rest has been credited, nothing is left of any charge.
  const isAllCredited = creditable.credited === bill.net;
  const known = new Map(
    charges.map((charge) => [
      charge.id,
      {
        amount: charge.amount,
        credited: isAllCredited ? charge.amount : (credited.get(charge.id) ?? noAmount),
      },
    ]),
  );
  const decision = creditLines(creditable, order, (charge) => known.get(charge));
  if (!decision.accepted) return refuseCredit(decision.refusal, bill, order);
  const lineOf = new Map(decision.lines.map((line) => [line.charge, line]));
  const lines = charges.flatMap(({ id }): readonly NewCreditLine[] => {
    const line = lineOf.get(id);
    return line === undefined
      ? []
      : [
          {
            charge: id,
            amount: line.amount,
            credited: addAmounts(credited.get(id) ?? noAmount, line.amount),
            isComplete: line.isLast,
          },
        ];
  });
  return save(world, bill, last, body.reason, { ...decision, lineCount: lines.length, lines });
};

function toCreditable(bill: Bill, last: CreditNote | undefined): CreditableBill {
  const taxRate = parsePercent(bill.taxRate);
  if (taxRate === null)
    throw new Error(`The tax rate of ${bill.id} is no percentage: "${bill.taxRate}".`);
  const { currency, net } = bill;
  return { currency, net, taxRate, credited: last?.creditedNet ?? noAmount };
}

type Accepted = Pick<CreditNote, "net" | "tax" | "total" | "lineCount"> & {
  /** Null: of all that was left. */
  readonly lines: readonly NewCreditLine[] | null;
};

async function save(
  world: PartnerWriteWorld,
  bill: Bill,
  last: CreditNote | undefined,
  reason: string,
  { net, tax, total, lineCount, lines }: Accepted,
): ReturnType<typeof createCreditNote> {
  const { tx, partner, at } = world;
  const id = makeId("credit");
  const note: CreditNote = {
    id,
    number: await takeCreditNoteNumber(tx, partner, dayOf(at, partner.terms.timeZone).slice(0, 4)),
    bill,
    position: (last?.position ?? 0) + 1,
    net,
    tax,
    total,
    creditedNet: addAmounts(last?.creditedNet ?? noAmount, net),
    isWhole: lines === null,
    lineCount,
    reason,
    issuedAt: at,
  };
  await insertCreditNote(tx, partner.id, note);
  if (lines !== null) await insertCreditNoteLines(tx, partner.id, note, lines);
  const wire = toWireCreditNote(note, partner.id);
  await appendEvents(tx, partner.id, [
    {
      type: "credit_note.issued",
      subscription: null,
      sequence: null,
      occurredAt: at,
      data: { ...wire, previous: null, ...modeOf(partner) },
    },
  ]);
  await recordChange(world, "createCreditNote", id, null, wire);
  return { status: 201, body: wire, headers: { location: `/v1/credit-notes/${id}` } };
}
