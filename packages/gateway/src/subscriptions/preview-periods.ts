import {
  billMonthOf,
  channelIn,
  formatAmount,
  formatPercent,
  formatPrice,
  previewCharges,
  settleCharge,
  startTally,
  tallyCharge,
  type Charge,
  type ChargePreview,
  type Month,
  type PricingTerms,
  type Subscription,
  type UnitTally,
} from "@evergate/core";
import type { PartnerReadWorld } from "../app/world.ts";
import type { components } from "../generated/api.ts";
import { foreseeCharges } from "../settlement/foresee-charges.ts";
import { loadPricingTerms } from "../settlement/pricing-terms.ts";
import { listChargesOf } from "../store/charges.ts";
import type { Subject } from "./load-subject.ts";

type Schemas = components["schemas"];
type World = Pick<PartnerReadWorld, "db" | "partner" | "at">;
type Tallies = ReadonlyMap<Month, UnitTally>;

/** What a change does to this period and the next: their charges as they would be billed without it, and with it. */
export async function previewPeriods(
  world: World,
  subject: Subject,
  after: Subscription,
): Promise<Schemas["PreviewedPeriod"][]> {
  const { db, partner, at } = world;
  const previewed = previewCharges(subject.subscription, after, subject.context, at);
  const pricing = await loadPricingTerms(db, partner, [...previewed.before, ...previewed.after]);
  const units = await tallyBothWays(world, subject, previewed);
  return previewed.periods.map((period) => ({
    startsOn: period.startsOn,
    endsOn: period.endsOn,
    month: billMonthOf({ period }),
    before: price(period.before, units.before, pricing),
    after: price(period.after, units.after, pricing),
  }));
}

/** The units of the months in question, by which an MSP's discount is given (R20): those of all others, and its own either way. */
async function tallyBothWays(
  { db, partner }: World,
  { subscription: { id }, clockFacts }: Subject,
  { months, before, after }: ChargePreview,
): Promise<{ readonly before: Tallies; readonly after: Tallies }> {
  if (months === null || channelIn(partner.terms, months.last) !== "msp")
    return { before: new Map(), after: new Map() };
  const others = new Map<Month, UnitTally>();
  for await (const charges of foreseeCharges(db, partner, months.first, months.last))
    tallyByMonth(
      others,
      charges.filter((charge) => charge.subscription !== id),
    );
  const made: readonly Charge[] = [
    ...(await listChargesOf(db, partner.id, id, months.first)),
    // What the clock has still to do comes before the order, as it will when it is given (R2).
    ...clockFacts.flatMap(({ charge }) => (charge === null ? [] : [charge])),
  ];
  return {
    before: withOwn(others, [...made, ...before]),
    after: withOwn(others, [...made, ...after]),
  };
}

function withOwn(others: Tallies, own: readonly Charge[]): Tallies {
  const tallies = new Map(
    [...others].map(([month, { units }]) => [month, { ...startTally(), units: new Map(units) }]),
  );
  tallyByMonth(tallies, own);
  return tallies;
}

function tallyByMonth(tallies: Map<Month, UnitTally>, charges: readonly Charge[]): void {
  for (const charge of charges) {
    const month = billMonthOf(charge);
    let tally = tallies.get(month);
    if (tally === undefined) tallies.set(month, (tally = startTally()));
    tallyCharge(tally, charge);
  }
}

function price(
  charge: Charge | null,
  tallies: Tallies,
  terms: PricingTerms,
): Schemas["PreviewedCharge"] | null {
  if (charge === null) return null;
  const tally = tallies.get(billMonthOf(charge)) ?? startTally();
  const { discountPercent, amount } = settleCharge(charge, tally, terms);
  return {
    product: charge.product,
    quantity: charge.quantity,
    unitPrice: formatPrice(charge.unitPrice, terms.currency),
    days: charge.days === null ? null : { charged: charge.days.charged, of: charge.days.of },
    discountPercent: formatPercent(discountPercent),
    amount: formatAmount(amount, terms.currency),
  };
}
