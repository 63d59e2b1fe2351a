import { beginPeriod, type PricedConfiguration } from "../billing-period.ts";
import type { LocalDate } from "../calendar.ts";
import type { ProductId } from "../ids.ts";
import type { Context, PartnerTerms } from "../terms.ts";
import { isTrialRunning, type Configuration, type Subscription } from "./state.ts";

export type ConfigurationRefusal =
  | { readonly code: "product_unknown"; readonly product: ProductId }
  | { readonly code: "product_not_priced"; readonly product: ProductId; readonly day: LocalDate }
  | {
      readonly code: "quantity_out_of_range";
      readonly product: ProductId;
      readonly minimum: number;
      readonly maximum: number;
    };

/**
 * Whether a configuration can be charged from `day` on, and lies within its product's limits (R7, R19); null if so.
 * A reseller that is an MSP from a later day on needs a price there, too: what renews then must have one.
 *
 * Refusals: `product_unknown`, `product_not_priced`, `quantity_out_of_range`.
 */
export function refuseConfiguration(
  configuration: Configuration,
  day: LocalDate,
  context: Context,
): ConfigurationRefusal | null {
  const { product, quantity } = configuration;
  const found = context.catalogue.product(product);
  if (found === undefined) return { code: "product_unknown", product };
  const { mspFrom } = context.terms;
  const days = mspFrom !== null && day < mspFrom ? [day, mspFrom] : [day];
  for (const priced of days) {
    if (priceConfiguration(configuration, priced, context) === null)
      return { code: "product_not_priced", product, day: priced };
  }
  const { minQuantity, maxQuantity } = found;
  if (!Number.isInteger(quantity) || quantity < minQuantity || quantity > maxQuantity) {
    return { code: "quantity_out_of_range", product, minimum: minQuantity, maximum: maxQuantity };
  }
  return null;
}

/** A configuration with the price in force on `day` (R19); null if there is none yet. */
export function priceConfiguration(
  configuration: Configuration,
  day: LocalDate,
  context: Context,
): PricedConfiguration | null {
  const { product, quantity } = configuration;
  const price = context.catalogue.priceOn(product, day);
  return price === undefined
    ? null
    : { product, quantity, price: price.id, unitPrice: price.unitPrice };
}

/**
 * The day whose price counts for a subscription as it stands (R19): that on which the paid part of its open period
 * began, else that on which the next paid part would begin if service went on.
 */
export function priceDayOf(subscription: Subscription, terms: PartnerTerms): LocalDate {
  if (subscription.period !== null) return subscription.period.paidFromOn;
  const beginsAt = isTrialRunning(subscription)
    ? subscription.trial.endsAt
    : subscription.advancedTo;
  return beginPeriod(beginsAt, false, terms).paidFromOn;
}
