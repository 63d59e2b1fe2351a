import {
  addDays,
  countDays,
  dayOf,
  firstDayOf,
  lastDayOf,
  monthOf,
  startOfDay,
  type Instant,
  type LocalDate,
} from "./calendar.ts";
import type { PriceId, ProductId } from "./ids.ts";
import type { UnitPrice } from "./money.ts";
import type { BillingPeriod, PartnerTerms } from "./terms.ts";

/** A configuration with the price that it has in its period (R17, R19). */
export type PricedConfiguration = {
  readonly product: ProductId;
  readonly quantity: number;
  readonly price: PriceId;
  readonly unitPrice: UnitPrice;
};

/** A billing period that has begun, and will be charged at its end (R15, R16). */
export type OpenPeriod = {
  readonly startsOn: LocalDate;
  /** Its last day. */
  readonly endsOn: LocalDate;
  /** The day on which its paid part began: prices are those of that day (R19). */
  readonly paidFromOn: LocalDate;
  /** True for the one period that is charged by the day (R18). */
  readonly prorated: boolean;
  /** The dearest configuration so far (R17). */
  readonly dearest: PricedConfiguration;
};

/** Where a period lies, without what is charged for it. */
export type PeriodSpan = Pick<OpenPeriod, "startsOn" | "endsOn" | "paidFromOn" | "prorated">;

const daysOfPeriod = 30;

/** The instant at which a period closes: the local midnight after its last day (R1). */
export function periodEndsAt(period: Pick<OpenPeriod, "endsOn">, timeZone: string): Instant {
  return startOfDay(addDays(period.endsOn, 1), timeZone);
}

/** The period that follows on one that has just closed (R10, R15). */
export function followingPeriod(
  closed: Pick<OpenPeriod, "endsOn">,
  billingPeriod: BillingPeriod,
): PeriodSpan {
  const startsOn = addDays(closed.endsOn, 1);
  return {
    startsOn,
    endsOn: lastDayFrom(startsOn, billingPeriod),
    paidFromOn: startsOn,
    prorated: false,
  };
}

/**
 * The period that begins because paid service begins, or begins again, at `at` (R15).
 * `isFirstPaid` says that it does so for the first time, and neither after a pause nor by reactivation (R18).
 */
export function beginPeriod(at: Instant, isFirstPaid: boolean, terms: PartnerTerms): PeriodSpan {
  const { timeZone, billingPeriod } = terms;
  const day = dayOf(at, timeZone);
  switch (billingPeriod) {
    case "thirty_days":
      return {
        startsOn: day,
        endsOn: lastDayFrom(day, billingPeriod),
        paidFromOn: day,
        prorated: false,
      };
    case "calendar_month": {
      const startsOn = firstDayOf(monthOf(day));
      // Where a zone skipped the 1st, the month began together with the 2nd.
      const paidFromOn = startOfDay(startsOn, timeZone) === at ? startsOn : day;
      return {
        startsOn,
        endsOn: lastDayFrom(startsOn, billingPeriod),
        paidFromOn,
        prorated: isFirstPaid && paidFromOn !== startsOn,
      };
    }
    default:
      return billingPeriod satisfies never;
  }
}

/** The last day of the first period that ends on `day` or later, where one begins on `startsOn` (R11). */
export function lastDayOfPeriodThrough(
  day: LocalDate,
  startsOn: LocalDate,
  billingPeriod: BillingPeriod,
): LocalDate {
  if (day < startsOn) return lastDayFrom(startsOn, billingPeriod);
  switch (billingPeriod) {
    case "calendar_month":
      return lastDayOf(monthOf(day));
    case "thirty_days": {
      // Counted from the anchor, as all periods are: whole periods before the one that contains the day.
      const before = Math.floor(countDays(startsOn, day) / daysOfPeriod);
      return lastDayFrom(addDays(startsOn, before * daysOfPeriod), billingPeriod);
    }
    default:
      return billingPeriod satisfies never;
  }
}

/** The running maximum after `configuration` joined it: dearest by unit price × quantity; of equals, the latest (R17). */
export function joinDearest(
  dearest: PricedConfiguration,
  configuration: PricedConfiguration,
): PricedConfiguration {
  return costOf(configuration) >= costOf(dearest) ? configuration : dearest;
}

function costOf(configuration: PricedConfiguration): bigint {
  return configuration.unitPrice * BigInt(configuration.quantity);
}

function lastDayFrom(startsOn: LocalDate, billingPeriod: BillingPeriod): LocalDate {
  return billingPeriod === "calendar_month"
    ? lastDayOf(monthOf(startsOn))
    : addDays(startsOn, daysOfPeriod - 1);
}
