import { periodEndsAt, type OpenPeriod } from "./billing-period.ts";
import {
  countDays,
  daysInMonth,
  monthOf,
  type Instant,
  type LocalDate,
  type Month,
} from "./calendar.ts";
import type { CustomerId, PriceId, ProductId, SubscriptionId } from "./ids.ts";
import type { UnitPrice } from "./money.ts";
import type { Subscription } from "./subscription/state.ts";
import type { PartnerTerms } from "./terms.ts";

/**
 * What one subscription owes for one billing period, before discount (R16, R17).
 * Subscription and `period.startsOn` together name it: no period is charged twice.
 */
export type Charge = {
  readonly subscription: SubscriptionId;
  readonly customer: CustomerId;
  readonly product: ProductId;
  readonly price: PriceId;
  readonly quantity: number;
  readonly unitPrice: UnitPrice;
  readonly period: { readonly startsOn: LocalDate; readonly endsOn: LocalDate };
  /** Null where all days are charged (R18). */
  readonly days: { readonly charged: number; readonly of: number } | null;
  readonly createdAt: Instant;
};

/** The charge for a period of a subscription that closes at `createdAt`. */
export function chargePeriod(
  subscription: Subscription,
  period: OpenPeriod,
  createdAt: Instant,
): Charge {
  const { dearest, startsOn, endsOn, paidFromOn, prorated } = period;
  return {
    subscription: subscription.id,
    customer: subscription.customer,
    product: dearest.product,
    price: dearest.price,
    quantity: dearest.quantity,
    unitPrice: dearest.unitPrice,
    period: { startsOn, endsOn },
    days: prorated
      ? { charged: countDays(paidFromOn, endsOn) + 1, of: daysInMonth(monthOf(endsOn)) }
      : null,
    createdAt,
  };
}

/** The charge that the open period would come to as it stands, for the upcoming bill (R23); null if none is open. */
export function forecastCharge(subscription: Subscription, terms: PartnerTerms): Charge | null {
  const { period } = subscription;
  return period === null
    ? null
    : chargePeriod(subscription, period, periodEndsAt(period, terms.timeZone));
}

/** The month on whose bill a charge goes: that of its period's last day (R22). */
export function billMonthOf(charge: Pick<Charge, "period">): Month {
  return monthOf(charge.period.endsOn);
}
