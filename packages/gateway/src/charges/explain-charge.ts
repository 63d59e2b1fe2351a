import {
  billMonthOf,
  computeAmount,
  formatAmount,
  formatExact,
  formatInstant,
  formatPercent,
  formatPrice,
  minorDigits,
  noDiscount,
  tierAhead,
  tierReached,
  toUnitPrice,
  type Price,
  type Product,
  type ProductId,
} from "@evergate/core";
import { refuse } from "../app/problem.ts";
import type { PartnerReadRoom } from "../app/room.ts";
import type { PartnerReadWorld } from "../app/world.ts";
import { withoutDirections } from "../documents/words.ts";
import type { components } from "../generated/api.ts";
import { tallyUnits } from "../settlement/tally-units.ts";
import { findBillUnits } from "../store/bill-units.ts";
import { findBill } from "../store/bills.ts";
import { findProduct, getPrices } from "../store/catalogue.ts";
import { findCharge, type StoredCharge } from "../store/charges.ts";
import { findCustomer } from "../store/customers.ts";
import { findSubscription } from "../store/subscriptions.ts";
import {
  explainInSentences,
  type ExplainedCharge,
  type ToldDiscount,
} from "./explain-in-sentences.ts";
import type { SubscriptionEntry } from "./find-order.ts";
import { tellCharge, type ToldCharge } from "./tell-charge.ts";
import { toWireCharge } from "./to-wire.ts";

type Schemas = components["schemas"];

/** Explains a charge: what was in service, who ordered it, and how the figure came about (R15–R21). */
export const explainCharge: PartnerReadRoom<"explainCharge"> = async ({ path }, world) => {
  const { db, partner } = world;
  const charge = await findCharge(db, partner.id, path.chargeId);
  if (charge === undefined) return refuse("not_found", `You have no charge ${path.chargeId}.`);
  const explained = await explain(world, charge);
  return { status: 200, body: toWireExplanation(explained) };
};

async function explain(world: PartnerReadWorld, charge: StoredCharge): Promise<ExplainedCharge> {
  const { db, partner } = world;
  const subscription = await findSubscription(db, partner.id, charge.subscription);
  const customer = await findCustomer(db, partner.id, charge.customer);
  const price = (await getPrices(db, [charge.price])).get(charge.price);
  if (subscription === undefined || customer === undefined || price === undefined)
    throw new Error(`What ${charge.id} is about is missing.`);
  const told = await tellCharge(world, subscription, charge);
  const discount = await findDiscount(world, charge, price);
  const bill = charge.bill === null ? undefined : await findBill(db, partner.id, charge.bill);
  const discountPercent =
    bill === undefined ? (discount?.tier?.discountPercent ?? noDiscount) : charge.discountPercent;
  const factors = { ...charge, discountPercent };
  return {
    charge,
    told,
    price,
    discount,
    factors,
    amount: computeAmount(factors, charge.currency),
    bill: bill ?? null,
    terms: partner.terms,
    customer: withoutDirections(customer.name),
    subscription: withoutDirections(subscription.externalId ?? subscription.id),
    product: await loadProducts(world, told),
  };
}

/** By the units that the bill has counted, or would as things stand; null where no discount is given by units. */
async function findDiscount(
  { db, partner }: PartnerReadWorld,
  charge: StoredCharge,
  price: Price,
): Promise<ToldDiscount | null> {
  const month = billMonthOf(charge);
  const units =
    charge.bill === null
      ? (await tallyUnits(db, partner, month)).units.get(charge.product)
      : await findBillUnits(db, partner.id, month, charge.product);
  if (units === undefined) return null;
  return { units, tier: tierReached(units, price.tiers), ahead: tierAhead(units, price.tiers) };
}

async function loadProducts(
  { db }: PartnerReadWorld,
  { configurations }: ToldCharge,
): Promise<(id: ProductId) => Product> {
  const products = new Map<ProductId, Product>();
  for (const id of new Set(configurations.map(({ product }) => product))) {
    const product = await findProduct(db, id);
    if (product !== undefined) products.set(id, product);
  }
  return (id) => {
    const product = products.get(id);
    if (product === undefined) throw new Error(`There is no product ${id} any more.`);
    return product;
  };
}

function toWireExplanation(explained: ExplainedCharge): Schemas["ChargeExplanation"] {
  const { charge, told, price, discount, factors, amount, bill } = explained;
  const { currency } = charge;
  return {
    charge: toWireCharge(charge),
    period: {
      startsAt: formatInstant(told.startsAt),
      endsAt: formatInstant(told.endsAt),
      billingPeriod: explained.terms.billingPeriod,
      paidFromOn: told.paidFromOn,
    },
    configurationCount: told.configurationCount,
    configurations: told.configurations.map((configuration, index) =>
      toWireConfiguration(
        configuration,
        told,
        told.orders[index] ?? configuration.source,
        currency,
      ),
    ),
    price: {
      id: price.id,
      unitPrice: formatPrice(price.unitPrice, currency),
      validFrom: price.validFrom,
      pricedOn: told.paidFromOn,
    },
    discount:
      discount === null
        ? null
        : {
            units: discount.units,
            tier:
              discount.tier === null
                ? null
                : {
                    from: discount.tier.from,
                    discountPercent: formatPercent(discount.tier.discountPercent),
                  },
          },
    discountPercent: formatPercent(factors.discountPercent),
    unrounded: formatExact(factors),
    rounding: { mode: "half_up", decimals: minorDigits(currency) },
    amount: formatAmount(amount, currency),
    month: billMonthOf(charge),
    bill:
      bill === null
        ? null
        : { id: bill.id, number: bill.number, issuedAt: formatInstant(bill.issuedAt) },
    sentences: explainInSentences(explained),
  };
}

function toWireConfiguration(
  configuration: ToldCharge["configurations"][number],
  { dearest }: ToldCharge,
  order: SubscriptionEntry,
  currency: string,
): Schemas["ExplainedConfiguration"] {
  const { product, quantity, status, priced, source } = configuration;
  const isInService = status === "active" || status === "trialing";
  return {
    product,
    quantity,
    startsAt: formatInstant(configuration.startsAt),
    endsAt: formatInstant(configuration.endsAt),
    status,
    isInService,
    isInTrial: status === "trialing",
    isCounted: configuration.counts,
    isDearest: configuration === dearest,
    unitPrice: priced === null ? null : formatPrice(priced.unitPrice, currency),
    cost:
      priced === null
        ? null
        : formatPrice(toUnitPrice(priced.unitPrice * BigInt(priced.quantity)), currency),
    changed: toWireCause(source),
    ordered: toWireCause(order),
  };
}

function toWireCause({ id, at, action, actor }: SubscriptionEntry): Schemas["ExplainedCause"] {
  return { entry: id, at: formatInstant(at), action, actor };
}
