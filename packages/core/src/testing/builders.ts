import { makeActivationCode } from "../activation-code.ts";
import {
  parseLocalDate,
  startOfDay,
  toInstant,
  type Instant,
  type LocalDate,
} from "../calendar.ts";
import { priceOn, type Price, type Product } from "../catalogue.ts";
import { toCustomerId, toPriceId, toProductId, toSubscriptionId, type ProductId } from "../ids.ts";
import { parsePercent, parsePrice, toPercent, toUnitPrice } from "../money.ts";
import type { CreateOrder } from "../subscription/create.ts";
import { channelOn, type Context, type PartnerTerms } from "../terms.ts";

/** Partner time zone of the worked examples. */
export const bratislava = "Europe/Bratislava";

export const productA: ProductId = toProductId("prod_a");
export const productB: ProductId = toProductId("prod_b");

export function day(text: string): LocalDate {
  const date = parseLocalDate(text);
  if (date === null) throw new Error(`not a day: ${text}`);
  return date;
}

/** `2026-12-10` is that local midnight, `2026-12-10 09:30` so much later on a day without clock changes. */
export function local(text: string, timeZone: string = bratislava): Instant {
  const [date = "", time = "00:00"] = text.split(" ");
  const [hours = "0", minutes = "0"] = time.split(":");
  return toInstant(
    startOfDay(day(date), timeZone) + (Number(hours) * 60 + Number(minutes)) * 60_000,
  );
}

export function termsOf(terms: Partial<PartnerTerms> = {}): PartnerTerms {
  return {
    type: "reseller",
    mspFrom: null,
    timeZone: bratislava,
    currency: "EUR",
    billingPeriod: "calendar_month",
    trialLimit: null,
    defaultTrial: null,
    ...terms,
  };
}

export function buildProduct(id: ProductId, changes: Partial<Product> = {}): Product {
  return { id, code: id, name: id, unit: "user", minQuantity: 1, maxQuantity: 10_000, ...changes };
}

let prices = 0;
/** A price of `unitPrice` from a day on, with tiers as `{ 50: "5" }`. */
export function buildPrice(
  product: ProductId,
  unitPrice: string,
  validFrom = "2000-01-01",
  tiers: Readonly<Record<number, string>> = {},
): Price {
  prices += 1;
  return {
    id: toPriceId(`price_${prices}`),
    product,
    unitPrice: parsePrice(unitPrice) ?? toUnitPrice(-1n),
    validFrom: day(validFrom),
    tiers: Object.entries(tiers).map(([from, percent]) => ({
      from: Number(from),
      discountPercent: parsePercent(percent) ?? toPercent(-1n),
    })),
  };
}

/** Product A at 2.00 and product B at 3.00, unless said. */
export function buildContext(
  terms: Partial<PartnerTerms> = {},
  catalogue: {
    readonly products?: readonly Product[];
    readonly prices?: readonly Price[];
    /** Those of a reseller that becomes an MSP, from then on. */
    readonly mspPrices?: readonly Price[];
  } = {},
  prepaid: Context["prepaid"] = () => null,
): Context {
  const products = catalogue.products ?? [buildProduct(productA), buildProduct(productB)];
  const allPrices = catalogue.prices ?? [
    buildPrice(productA, "2.00"),
    buildPrice(productB, "3.00"),
  ];
  const allTerms = termsOf(terms);
  const pricesOn = (on: LocalDate): readonly Price[] =>
    channelOn(allTerms, on) === "msp" ? (catalogue.mspPrices ?? allPrices) : allPrices;
  return {
    terms: allTerms,
    catalogue: {
      product: (id) => products.find((product) => product.id === id),
      priceOn: (id, on) =>
        priceOn(
          pricesOn(on).filter((price) => price.product === id),
          on,
        ),
    },
    prepaid,
  };
}

export function orderOf(name: string, order: Partial<CreateOrder> = {}): CreateOrder {
  return {
    id: toSubscriptionId(`sub_${name}`),
    customer: toCustomerId(`cus_${name}`),
    externalId: null,
    activationCode: makeActivationCode(new Uint8Array(19).fill(name.length)),
    product: productA,
    quantity: 10,
    startsAt: null,
    term: null,
    metadata: {},
    ...order,
  };
}

/** A customer that holds prepaid licences for every product until a local midnight. */
export function heldUntil(text: string): Context["prepaid"] {
  const endsAt = local(text);
  return (_product, at) => (at < endsAt ? endsAt : null);
}
