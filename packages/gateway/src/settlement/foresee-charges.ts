import { setImmediate } from "node:timers/promises";
import {
  advance,
  billMonthOf,
  nextMonth,
  settlesAt,
  type Charge,
  type Month,
  type Subscription,
  type SubscriptionId,
} from "@evergate/core";
import { listChargesFrom } from "../store/charges.ts";
import type { Partner } from "../store/partners.ts";
import type { Reader } from "../store/store.ts";
import { listRunningSubscriptions, type SubscriptionPlace } from "../store/subscriptions.ts";
import { loadContext } from "../subscriptions/load-context.ts";

/** So many subscriptions are in memory at once, which takes about as long as another request may be kept waiting. */
const chunkSize = 250;

/** Sorts after every day, so that a place with it lies behind all charges of its subscription. */
const afterAllDays = "~";

/**
 * The charges of months not settled yet as they would come out if nothing more changed (R23), in batches: those that
 * are made already, and those that running periods will come to, for which every subscription moves on, in memory only.
 * They come as {@link tallyCharge} and a bill's sections want them: customer by customer, subscription by subscription.
 * However many they are, only a chunk is in memory, and other requests go on in between.
 */
export async function* foreseeCharges(
  db: Reader,
  partner: Partner,
  from: Month,
  through: Month = from,
): AsyncGenerator<readonly Charge[], void, void> {
  let after: SubscriptionPlace | null = null;
  do {
    // Subscriptions first: whose period closes between the two reads is then seen twice, and told once, but never missed.
    const running: readonly Subscription[] = await listRunningSubscriptions(
      db,
      partner.id,
      after,
      chunkSize,
    );
    const made = await listMade(db, partner, from, through, after);
    const end = earlier(
      running.length < chunkSize ? null : toPlace(running.at(-1)),
      made.isComplete ? null : toPlace(made.charges.at(-1)),
    );
    const foreseen = await foresee(
      db,
      partner,
      running.filter((subscription) => !isBehind(toPlace(subscription), end)),
      from,
      through,
    );
    yield join(
      made.charges.filter((charge) => !isBehind(toPlace(charge), end)),
      foreseen,
    );
    after = end;
    await setImmediate();
  } while (after !== null);
}

/** Charges of these months that are made already. Where there are more, those of the last subscription are left for later. */
async function listMade(
  db: Reader,
  partner: Partner,
  from: Month,
  through: Month,
  after: SubscriptionPlace | null,
): Promise<{ readonly charges: readonly Charge[]; readonly isComplete: boolean }> {
  const place = after === null ? null : { ...after, startsOn: afterAllDays };
  const charges: Charge[] = [];
  let end: SubscriptionPlace | null = null;
  for (let month = from; month <= through; month = nextMonth(month)) {
    const ofMonth = await listChargesFrom(db, partner.id, month, place, chunkSize);
    if (ofMonth.length < chunkSize) charges.push(...ofMonth);
    else {
      const whole = ofMonth.filter(
        ({ subscription }) => subscription !== ofMonth.at(-1)?.subscription,
      );
      if (whole.length === 0)
        throw new Error(`${ofMonth[0]?.subscription} has more charges in ${month} than can be.`);
      charges.push(...whole);
      end = earlier(end, toPlace(whole.at(-1)));
    }
  }
  return {
    charges: charges.filter((charge) => !isBehind(toPlace(charge), end)).toSorted(comparePlaces),
    isComplete: end === null,
  };
}

async function foresee(
  db: Reader,
  partner: Partner,
  running: readonly Subscription[],
  from: Month,
  through: Month,
): Promise<readonly Charge[]> {
  const context = await loadContext(db, partner, running);
  const until = settlesAt(through, partner.terms.timeZone);
  return running.flatMap((subscription) =>
    advance(subscription, until, context).facts.flatMap(({ charge }) => {
      if (charge === null) return [];
      const month = billMonthOf(charge);
      return from <= month && month <= through ? [charge] : [];
    }),
  );
}

/** Both in their common order; what is made and foreseen at once is the charge that is made. */
function join(made: readonly Charge[], foreseen: readonly Charge[]): readonly Charge[] {
  const known = new Map<SubscriptionId, Set<string>>();
  for (const { subscription, period } of made)
    known.set(subscription, (known.get(subscription) ?? new Set()).add(period.startsOn));
  return [
    ...made,
    ...foreseen.filter(
      ({ subscription, period }) => known.get(subscription)?.has(period.startsOn) !== true,
    ),
  ].toSorted(comparePlaces);
}

function comparePlaces(one: Charge, other: Charge): number {
  return (
    compare(one.customer, other.customer) ||
    compare(one.subscription, other.subscription) ||
    compare(one.period.startsOn, other.period.startsOn)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function isBehind(place: SubscriptionPlace | null, end: SubscriptionPlace | null): boolean {
  if (place === null || end === null) return false;
  return (
    (compare(place.customer, end.customer) || compare(place.subscription, end.subscription)) > 0
  );
}

function earlier(
  one: SubscriptionPlace | null,
  other: SubscriptionPlace | null,
): SubscriptionPlace | null {
  if (one === null) return other;
  return isBehind(one, other) ? other : one;
}

function toPlace(entry: Subscription | Charge | undefined): SubscriptionPlace | null {
  if (entry === undefined) return null;
  return {
    customer: entry.customer,
    subscription: "subscription" in entry ? entry.subscription : entry.id,
  };
}
