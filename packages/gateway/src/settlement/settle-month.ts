import {
  addAmounts,
  channelIn,
  nextMonth,
  noDiscount,
  settleCharge,
  settlesAt,
  tallyCharge,
  type Instant,
} from "@evergate/core";
import { makeId } from "../ids.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { insertBillCustomers } from "../store/bill-customers.ts";
import { insertBillUnits } from "../store/bill-units.ts";
import {
  countCharges,
  listChargesFrom,
  updateCharges,
  type StoredCharge,
} from "../store/charges.ts";
import { getCustomerNames } from "../store/customers.ts";
import { updatePartnerClock, type Partner } from "../store/partners.ts";
import {
  findSettlement,
  insertSettlement,
  updateSettlement,
  type SettlementPhase,
  type SettlementRun,
} from "../store/settlements.ts";
import type { Transaction } from "../store/store.ts";
import { countDueSubscriptions } from "../store/subscriptions.ts";
import { issueBill } from "./issue-bill.ts";
import {
  addToSections,
  formatProgress,
  noProgress,
  parseProgress,
  placeOf,
  type Progress,
  type Section,
} from "./progress.ts";
import { loadPricingTerms } from "./pricing-terms.ts";

/** So many charges are counted or priced in one transaction, which keeps it near 20 ms. */
const chunkSize = 1_000;

/** The run that settles the partner's next month, made where it does not exist yet. Called once the month is over. */
export async function openSettlement(
  tx: Transaction,
  partner: Partner,
  now: Instant,
): Promise<SettlementRun> {
  const { id, settlementMonth: month, settlementDueAt: dueAt } = partner;
  const found = await findSettlement(tx, id, month);
  if (found !== undefined) return found;
  const run: SettlementRun = {
    id: makeId("settlement"),
    partner: id,
    month,
    phase: "charging",
    dueAt,
    charges: { done: 0, of: await countDueSubscriptions(tx, id, dueAt) },
    progress: formatProgress(noProgress()),
    bill: null,
    failures: 0,
    failure: null,
    startedAt: now,
    finishedAt: null,
  };
  await insertSettlement(tx, run);
  return run;
}

/** Notes that subscriptions have moved on towards the month's end. */
export async function noteMoved(tx: Transaction, run: SettlementRun, count: number): Promise<void> {
  const { done, of } = run.charges;
  await updateSettlement(tx, {
    ...run,
    charges: { done: done + count, of: Math.max(of, done + count) },
    failure: null,
  });
}

/**
 * Does the next chunk of a partner's settlement, and answers whether the month is settled by it (R22–R24).
 * Where it has come to is stored with what was done, in the same transaction: killed anywhere, it goes on from there.
 * Called when nothing of the partner falls due before the month's end any more, so that its charges are all there.
 */
export async function settleNext(
  tx: Transaction,
  sealer: Sealer,
  partner: Partner,
  now: Instant,
): Promise<boolean> {
  const run = await openSettlement(tx, partner, now);
  switch (run.phase) {
    case "charging":
      await beginPhase(
        tx,
        partner,
        run,
        channelIn(partner.terms, run.month) === "msp" ? "counting" : "pricing",
      );
      return false;
    case "counting":
      await countUnits(tx, partner, run);
      return false;
    case "pricing":
      await priceCharges(tx, partner, run);
      return false;
    case "issuing":
      await finish(tx, sealer, partner, run, now);
      return true;
    case "completed":
      throw new Error(`The settlement of ${run.month} for ${partner.id} is completed already.`);
    default:
      return run.phase satisfies never;
  }
}

async function beginPhase(
  tx: Transaction,
  partner: Partner,
  run: SettlementRun,
  phase: SettlementPhase,
  progress: Progress = noProgress(),
): Promise<void> {
  await updateSettlement(tx, {
    ...run,
    phase,
    charges: { done: 0, of: await countCharges(tx, partner.id, run.month) },
    progress: formatProgress(progress),
    failure: null,
  });
}

async function countUnits(tx: Transaction, partner: Partner, run: SettlementRun): Promise<void> {
  const progress = parseProgress(run.progress);
  const charges = await listChargesFrom(tx, partner.id, run.month, progress.after, chunkSize);
  for (const charge of charges) tallyCharge(progress.tally, charge);
  const last = charges.at(-1);
  if (last === undefined)
    return beginPhase(tx, partner, run, "pricing", { ...noProgress(), tally: progress.tally });
  await saveProgress(tx, run, charges, { ...progress, after: placeOf(last) });
}

/** The second pass: discounts, amounts and sums. Only where a discount is given does a charge change. */
async function priceCharges(tx: Transaction, partner: Partner, run: SettlementRun): Promise<void> {
  const progress = parseProgress(run.progress);
  const charges = await listChargesFrom(tx, partner.id, run.month, progress.after, chunkSize);
  const terms = await loadPricingTerms(tx, partner, charges);
  const discounted: StoredCharge[] = [];
  const finished: Section[] = [];
  let { net, section } = progress;
  for (const charge of charges) {
    const line = settleCharge(charge, progress.tally, terms);
    const { discountPercent, amount } = line;
    if (discountPercent !== noDiscount) discounted.push({ ...charge, discountPercent, amount });
    net = addAmounts(net, amount);
    section = addToSections(section, line, finished);
  }
  const last = charges.at(-1);
  if (last === undefined && section !== null) finished.push(section);
  await updateCharges(tx, partner.id, discounted);
  await insertSections(tx, partner, run, finished);
  const next: Progress = {
    ...progress,
    after: last === undefined ? progress.after : placeOf(last),
    net,
    section: last === undefined ? null : section,
    lineCount: progress.lineCount + charges.length,
    customerCount: progress.customerCount + finished.length,
  };
  if (last === undefined)
    await updateSettlement(tx, { ...run, phase: "issuing", progress: formatProgress(next) });
  else await saveProgress(tx, run, charges, next);
}

async function insertSections(
  tx: Transaction,
  partner: Partner,
  { month }: SettlementRun,
  sections: readonly Section[],
): Promise<void> {
  const names = await getCustomerNames(
    tx,
    partner.id,
    sections.map(({ customer }) => customer),
  );
  await insertBillCustomers(
    tx,
    partner.id,
    month,
    sections.map((section) => {
      const name = names.get(section.customer);
      if (name === undefined)
        throw new Error(`${section.customer} has charges and is no customer.`);
      return { ...section, name };
    }),
  );
}

async function saveProgress(
  tx: Transaction,
  run: SettlementRun,
  charges: readonly StoredCharge[],
  progress: Progress,
): Promise<void> {
  const { done, of } = run.charges;
  await updateSettlement(tx, {
    ...run,
    charges: { done: done + charges.length, of },
    progress: formatProgress(progress),
    failure: null,
  });
}

/** The last step, a very short one: the bill and its number, if there is anything to charge, and on to the next month. */
async function finish(
  tx: Transaction,
  sealer: Sealer,
  partner: Partner,
  run: SettlementRun,
  now: Instant,
): Promise<void> {
  const progress = parseProgress(run.progress);
  await insertBillUnits(tx, partner.id, run.month, progress.tally.units);
  const bill =
    progress.lineCount === 0 ? null : await issueBill(tx, sealer, partner, progress, now);
  await updateSettlement(tx, {
    ...run,
    phase: "completed",
    progress: "{}",
    bill,
    failure: null,
    finishedAt: now,
  });
  const following = nextMonth(run.month);
  await updatePartnerClock(tx, partner.id, {
    settlementMonth: following,
    settlementDueAt: settlesAt(following, partner.terms.timeZone),
  });
}
