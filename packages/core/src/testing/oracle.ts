import {
  addDays,
  dayOf,
  daysInMonth,
  firstDayOf,
  monthOf,
  nextMonth,
  startOfDay,
  type Instant,
  type LocalDate,
} from "../calendar.ts";
import type { Charge } from "../charge.ts";
import { isInService, isStopped } from "../subscription/state.ts";
import type { Context } from "../terms.ts";
import type { Snapshot } from "./partner.ts";

// The rules of charging once more, slowly and from the timeline alone: no running maximum, no open period.

/** What R16–R19 charge for a period, told from all states that a subscription was in; null: nothing. */
export function expectCharge(
  snapshots: readonly Snapshot[],
  startsOn: LocalDate,
  endsOn: LocalDate,
  context: Context,
): Omit<Charge, "createdAt"> | null {
  const { timeZone, billingPeriod } = context.terms;
  const startsAt = startOfDay(startsOn, timeZone);
  const endsAt = startOfDay(addDays(endsOn, 1), timeZone);
  const inPeriod = paidMoments(snapshots, startsAt, endsAt);
  const [first] = inPeriod;
  if (first === undefined) return null;
  const paidFromOn = first.at <= startsAt ? startsOn : dayOf(first.at, timeZone);
  const costs = inPeriod.map(({ state: { product, quantity } }) => {
    const price = context.catalogue.priceOn(product, paidFromOn);
    if (price === undefined) throw new Error(`no price on ${paidFromOn}`);
    return { product, quantity, price, cost: price.unitPrice * BigInt(quantity) };
  });
  const dearest = costs.reduce((one, other) => (other.cost >= one.cost ? other : one));

  const index = snapshots.indexOf(first);
  const previous = snapshots[index - 1]?.state.status;
  const isFirst = snapshots.slice(0, index).every((snapshot) => !isPaid(snapshot));
  // One that waits after a stop was taken up again; one that was taken up again in its trial and ran it out began by itself.
  const hasStopped = snapshots.slice(0, index).some(({ state }) => isStopped(state));
  const beganByItself =
    previous === undefined || previous === "trialing" || (previous === "scheduled" && !hasStopped);
  const isProrated =
    billingPeriod === "calendar_month" && isFirst && beganByItself && paidFromOn !== startsOn;
  const { id, customer } = first.state;
  const of = daysInMonth(monthOf(startsOn));
  return {
    subscription: id,
    customer,
    product: dearest.product,
    price: dearest.price.id,
    quantity: dearest.quantity,
    unitPrice: dearest.price.unitPrice,
    period: { startsOn, endsOn },
    days: isProrated ? { charged: of - Number(paidFromOn.slice(8)) + 1, of } : null,
  };
}

/** All months of a timeline. */
export function monthsBetween(
  from: Instant,
  to: Instant,
  timeZone: string,
): readonly { readonly startsOn: LocalDate; readonly endsOn: LocalDate }[] {
  const months = [];
  let month = monthOf(dayOf(from, timeZone));
  while (startOfDay(firstDayOf(nextMonth(month)), timeZone) <= to) {
    const startsOn = firstDayOf(month);
    months.push({ startsOn, endsOn: addDays(startsOn, daysInMonth(month) - 1) });
    month = nextMonth(month);
  }
  return months;
}

/** In service outside the trial, as R16 asks. */
export function isPaid({ at, state }: Snapshot): boolean {
  return isInService(state) && (state.trial === null || at >= state.trial.endsAt);
}

/** The states in [startsAt, endsAt): the one carried in, unless the clock changed it at that very instant (R2). */
function paidMoments(
  snapshots: readonly Snapshot[],
  startsAt: Instant,
  endsAt: Instant,
): readonly Snapshot[] {
  const within = snapshots.filter(({ at }) => at >= startsAt && at < endsAt);
  const carried = snapshots.findLast(({ at }) => at < startsAt);
  const [first] = within;
  const isReplaced = first !== undefined && first.at === startsAt && first.by === "clock";
  const all = carried === undefined || isReplaced ? within : [carried, ...within];
  return all.filter(isPaid);
}
