import {
  addAmounts,
  channelIn,
  computeAmount,
  dayOf,
  formatAmount,
  formatPercent,
  formatPrice,
  monthOf,
  noAmount,
  settleCharge,
  tierAhead,
  tierReached,
  type Amount,
  type Charge,
  type Price,
  type PriceId,
  type ProductId,
  type Tier,
  type UnitTally,
} from "@evergate/core";
import type { PartnerReadRoom } from "../app/room.ts";
import type { components } from "../generated/api.ts";
import { foreseeCharges } from "../settlement/foresee-charges.ts";
import { loadPricingTerms } from "../settlement/pricing-terms.ts";
import { tallyUnits } from "../settlement/tally-units.ts";
import { resolveProduct } from "../subscriptions/load-subject.ts";

/** As many as the contract says. */
const discountsShown = 500;

/** What the charges at one price come to, and would at its next tier. */
interface Standing {
  readonly price: Price;
  readonly units: number;
  readonly ahead: Tier | null;
  net: Amount;
  netAhead: Amount;
}

/** How far an MSP's discounts have come in the running month (R20). */
export const getDiscounts: PartnerReadRoom<"getDiscounts"> = async (
  { query },
  { db, partner, at },
) => {
  const { currency, timeZone } = partner.terms;
  const month = monthOf(dayOf(at, timeZone));
  const product = query.product === undefined ? null : await resolveProduct(db, query.product);
  const standings = new Map<PriceId, Standing>();
  if (channelIn(partner.terms, month) === "msp") {
    const tally = await tallyUnits(db, partner, month);
    for await (const all of foreseeCharges(db, partner, month)) {
      const charges = all.filter((charge) => product === null || charge.product === product);
      const terms = await loadPricingTerms(db, partner, charges);
      for (const charge of charges) {
        const standing = takeStanding(standings, charge, terms.price(charge.price), tally);
        const { discountPercent, amount } = settleCharge(charge, tally, terms);
        standing.net = addAmounts(standing.net, amount);
        const ahead = standing.ahead?.discountPercent ?? discountPercent;
        standing.netAhead = addAmounts(
          standing.netAhead,
          computeAmount({ ...charge, discountPercent: ahead }, currency),
        );
      }
    }
  }
  const discounts = [...standings.values()]
    .toSorted((one, other) => other.units - one.units || (one.price.id < other.price.id ? -1 : 1))
    .slice(0, discountsShown)
    .map((standing) => toWireDiscount(standing, currency));
  return { status: 200, body: { month, currency, discountCount: standings.size, discounts } };
};

function takeStanding(
  standings: Map<PriceId, Standing>,
  charge: Pick<Charge, "price" | "product">,
  price: Price | undefined,
  tally: UnitTally,
): Standing {
  const known = standings.get(charge.price);
  if (known !== undefined) return known;
  if (price === undefined)
    throw new Error(`There is a charge at ${charge.price} and no such price.`);
  const units = unitsOf(tally, charge.product);
  const standing = {
    price,
    units,
    ahead: tierAhead(units, price.tiers),
    net: noAmount,
    netAhead: noAmount,
  };
  standings.set(charge.price, standing);
  return standing;
}

function unitsOf(tally: UnitTally, product: ProductId): number {
  return tally.units.get(product) ?? 0;
}

function toWireDiscount(
  { price, units, ahead, net, netAhead }: Standing,
  currency: string,
): components["schemas"]["Discount"] {
  const { unitPrice } = price;
  return {
    product: price.product,
    price: price.id,
    unitPrice: formatPrice(unitPrice, currency),
    validFrom: price.validFrom,
    units,
    tier: toWireTier(tierReached(units, price.tiers)),
    net: formatAmount(net, currency),
    next:
      ahead === null
        ? null
        : {
            from: ahead.from,
            discountPercent: formatPercent(ahead.discountPercent),
            missingUnits: ahead.from - units,
            net: formatAmount(netAhead, currency),
            missingNet: formatAmount(
              computeAmount(
                {
                  unitPrice,
                  quantity: ahead.from - units,
                  days: null,
                  discountPercent: ahead.discountPercent,
                },
                currency,
              ),
              currency,
            ),
          },
  };
}

function toWireTier(tier: Tier | null): components["schemas"]["Tier"] | null {
  return tier === null
    ? null
    : { from: tier.from, discountPercent: formatPercent(tier.discountPercent) };
}
