import {
  formatAmount,
  formatCutOff,
  formatExact,
  formatPercent,
  formatPrice,
  minorDigits,
  monthOf,
  settlesAt,
  dayOf,
  toUnitPrice,
  type Amount,
  type Factors,
  type PartnerTerms,
  type Price,
  type Product,
  type ProductId,
  type Tier,
} from "@evergate/core";
import { isClockChange } from "../store/audit-log.ts";
import type { Bill } from "../store/bills.ts";
import type { StoredCharge } from "../store/charges.ts";
import type { SubscriptionEntry } from "./find-order.ts";
import { formatDay, formatDays, formatMoment, formatMonth, formatSpan } from "./format-time.ts";
import type { ToldCharge } from "./tell-charge.ts";

/** How the units of a month's bill decided on the discount (R20). */
export interface ToldDiscount {
  readonly units: number;
  readonly tier: Tier | null;
  readonly ahead: Tier | null;
}

/** All that an explanation says, before it is put into words. */
export interface ExplainedCharge {
  readonly charge: StoredCharge;
  readonly told: ToldCharge;
  readonly price: Price;
  /** Null for whom there are no such discounts. */
  readonly discount: ToldDiscount | null;
  readonly factors: Factors;
  readonly amount: Amount;
  readonly bill: Bill | null;
  readonly terms: PartnerTerms;
  readonly customer: string;
  /** The partner's own id of the subscription, or ours. */
  readonly subscription: string;
  readonly product: (id: ProductId) => Product;
}

/** Why a charge is what it is, in plain sentences for a reseller's desk, in the order in which one would ask. */
export function explainInSentences(explained: ExplainedCharge): string[] {
  return [
    tellWhat(explained),
    ...tellConfigurations(explained),
    ...tellDearest(explained),
    tellPrice(explained),
    ...tellDays(explained),
    ...tellDiscount(explained),
    tellFigure(explained),
    tellBill(explained),
  ];
}

function tellWhat({ charge, amount, terms, customer, subscription }: ExplainedCharge): string {
  const { period, currency } = charge;
  const kind = terms.billingPeriod === "thirty_days" ? " (30 days)" : "";
  return `For ${formatDays(period.startsOn, period.endsOn)}${kind}, ${customer} is charged ${formatAmount(amount, currency)} ${currency} for the subscription ${subscription}.`;
}

function tellConfigurations(explained: ExplainedCharge): readonly string[] {
  const { told, terms, charge } = explained;
  const { timeZone } = terms;
  const sentences = told.configurations.map((configuration, index) => {
    const { startsAt, endsAt, source, priced, status } = configuration;
    const what = tellUnits(explained, configuration);
    const span = formatSpan(startsAt, endsAt, timeZone);
    const order = told.orders[index];
    const orderedBy =
      order === undefined || order === told.orders[index - 1]
        ? ""
        : ` Ordered by ${order.actor} on ${formatMoment(order.at, timeZone)}.`;
    if (priced !== null) {
      const cost = formatPrice(
        toUnitPrice(priced.unitPrice * BigInt(priced.quantity)),
        charge.currency,
      );
      const each = `${formatPrice(priced.unitPrice, charge.currency)} ${charge.currency}`;
      return `${span}: ${what} in service, which at ${each} each is ${cost} ${charge.currency} for a whole period.${orderedBy}`;
    }
    return `${span}: ${what} ${tellRest(status, source, timeZone)}.${orderedBy}`;
  });
  const left = told.configurationCount - told.configurations.length;
  return left === 0
    ? sentences
    : [...sentences, `There were ${left} more in between, none of them dearer.`];
}

function tellRest(
  status: ToldCharge["configurations"][number]["status"],
  source: SubscriptionEntry,
  timeZone: string,
): string {
  const by = isClockChange(source)
    ? ""
    : ` by ${source.actor} on ${formatMoment(source.at, timeZone)}`;
  switch (status) {
    case "trialing":
      return "in the free trial, so that it doesn't count";
    case "paused":
      return `paused${by}, so that it doesn't count`;
    case "canceled":
      return `stopped${by}, so that it doesn't count`;
    case "expired":
      return "out of service as the term was over, so that it doesn't count";
    case "scheduled":
      return "still to begin, so that it doesn't count";
    case "active":
      return "in service";
    default:
      return status satisfies never;
  }
}

function tellDearest(explained: ExplainedCharge): readonly string[] {
  const { told } = explained;
  const what = tellUnits(explained, told.dearest);
  const countedCount = told.configurations.filter(({ counts }) => counts).length;
  return [
    countedCount === 1
      ? `So ${what} are charged.`
      : `Of all that was in service in a period the dearest is charged, however briefly it was so: here ${what}.`,
  ];
}

function tellPrice({ told, price, charge, product }: ExplainedCharge): string {
  const { unit } = product(price.product);
  return `The price is that of ${formatDay(told.paidFromOn)}, on which the paid part of the period began: ${formatPrice(price.unitPrice, charge.currency)} ${charge.currency} a ${unitNames[unit]?.[0] ?? unit}, in force since ${formatDay(price.validFrom)}.`;
}

function tellDays({ charge, told }: ExplainedCharge): readonly string[] {
  const { days, period } = charge;
  if (days === null) return [];
  const span = formatDays(told.paidFromOn, period.endsOn);
  const which =
    told.paidFromOn === period.endsOn
      ? `only ${span} is charged`
      : `the days from ${span} are charged`;
  return [
    `Paid service first began within the month, so that ${which}: ${days.charged} of ${days.of}.`,
  ];
}

function tellDiscount(explained: ExplainedCharge): readonly string[] {
  const { discount, bill, charge, product } = explained;
  if (discount === null) return [];
  const { units, tier, ahead } = discount;
  const { name, unit } = product(charge.product);
  const counted = `${bill === null ? "As things stand, your bill counts" : "Your bill counts"} ${count(units, unit)} of ${name} in all`;
  if (tier !== null)
    return [
      `${counted}: from ${tier.from} on, all of them cost ${formatPercent(tier.discountPercent)} % less.`,
    ];
  return [
    ahead === null
      ? `${counted}; there is no discount on it.`
      : `${counted}; the discount begins with ${ahead.from}.`,
  ];
}

function tellFigure({ charge, factors, amount, product }: ExplainedCharge): string {
  const { currency } = charge;
  const { unitPrice, quantity, days, discountPercent } = factors;
  const { unit } = product(charge.product);
  const parts = [
    `${count(quantity, unit)} × ${formatPrice(unitPrice, currency)} ${currency}`,
    ...(days === null ? [] : [`× ${days.charged} ÷ ${days.of}`]),
    ...(discountPercent === 0n ? [] : [`− ${formatPercent(discountPercent)} %`]),
  ];
  const rounded = `${formatAmount(amount, currency)} ${currency}`;
  const cutOff = formatCutOff(factors, cutOffDigits);
  const exact = formatExact(factors);
  if (cutOff === null && (exact.split(".")[1] ?? "").length <= minorDigits(currency))
    return `${parts.join(" ")} = ${rounded}.`;
  return `${parts.join(" ")} = ${cutOff === null ? exact : `${cutOff}…`} ${currency}, rounded once, half up, to ${rounded}.`;
}

function tellBill({ charge, bill, terms, discount }: ExplainedCharge): string {
  const { timeZone } = terms;
  if (bill !== null)
    return `It is on the bill ${bill.number} for ${formatMonth(bill.month)}, issued on ${formatDay(dayOf(bill.issuedAt, timeZone))}.`;
  const month = monthOf(charge.period.endsOn);
  const issuedOn = dayOf(settlesAt(month, timeZone), timeZone);
  const open = discount === null ? "" : " Until then its discount can still change.";
  return `It will be on the bill for ${formatMonth(month)}, which is made on ${formatDay(issuedOn)}.${open}`;
}

/** Digits that are shown of a figure that goes on. */
const cutOffDigits = 6;

const unitNames: Readonly<Record<string, readonly [one: string, many: string]>> = {
  user: ["user", "users"],
  device: ["device", "devices"],
  desktop: ["desktop", "desktops"],
  server: ["server", "servers"],
  cpu: ["CPU", "CPUs"],
  mailbox: ["mailbox", "mailboxes"],
};

function count(quantity: number, unit: string): string {
  const [one = unit, many = unit] = unitNames[unit] ?? [];
  return `${quantity} ${quantity === 1 ? one : many}`;
}

function tellUnits(
  { product }: Pick<ExplainedCharge, "product">,
  of: { readonly product: ProductId; readonly quantity: number },
): string {
  const { name, unit } = product(of.product);
  return `${count(of.quantity, unit)} of ${name}`;
}
