import { addDays, dayOf, startOfDay, type Instant, type LocalDate } from "./calendar.ts";
import type { CustomerId, PrepaidLicenceId, ProductId } from "./ids.ts";
import type { Context } from "./terms.ts";

/** Its coming end is announced so many local days before it. */
const noticeDays = 30;

/** The local days for which a licence is paid, both included. */
export type PrepaidSpan = { readonly startsOn: LocalDate; readonly endsOn: LocalDate };

/** A licence paid in advance, for a fixed time and a fixed quantity (R14). */
export type PrepaidLicence = PrepaidSpan & {
  readonly id: PrepaidLicenceId;
  readonly externalId: string | null;
  readonly customer: CustomerId;
  readonly product: ProductId;
  readonly quantity: number;
  readonly createdAt: Instant;
  /** When its coming end is to be announced; null once it has been. */
  readonly noticeDueAt: Instant | null;
};

/** The instant at which the licence begins. */
export function prepaidStartsAt({ startsOn }: PrepaidSpan, timeZone: string): Instant {
  return startOfDay(startsOn, timeZone);
}

/** The first instant that the licence no longer covers: the local midnight after its last day. */
export function prepaidEndsAt({ endsOn }: Pick<PrepaidSpan, "endsOn">, timeZone: string): Instant {
  return startOfDay(addDays(endsOn, 1), timeZone);
}

/**
 * Until when a customer goes on holding a licence, of those given for one product, counted from `at`: licences that
 * follow on without a day between them, or overlap, hold as one. Null where none runs at `at`, also in a gap between two.
 */
export function prepaidHeldUntil(
  licences: readonly PrepaidSpan[],
  at: Instant,
  timeZone: string,
): Instant | null {
  let heldUntil = at;
  for (const licence of licences.toSorted((one, other) =>
    one.startsOn < other.startsOn ? -1 : 1,
  )) {
    if (prepaidStartsAt(licence, timeZone) > heldUntil) break;
    const endsAt = prepaidEndsAt(licence, timeZone);
    if (endsAt > heldUntil) heldUntil = endsAt;
  }
  return heldUntil > at ? heldUntil : null;
}

export type PrepaidRefusal = {
  readonly code: "prepaid_licence_held";
  /** When a subscription could begin: all that follows on without a gap has ended by then. */
  readonly availableFrom: Instant;
};

/** The refusal where a prepaid licence for the product runs at `beginsAt` (R14); null where none does. */
export function refusePrepaid(
  product: ProductId,
  beginsAt: Instant,
  context: Context,
): PrepaidRefusal | null {
  const availableFrom = context.prepaid?.(product, beginsAt) ?? null;
  return availableFrom === null ? null : { code: "prepaid_licence_held", availableFrom };
}

/** When a subscription to the product can begin: now, or when the licences that the customer holds have ended. */
export function whenPrepaidEnds(product: ProductId, context: Context, at: Instant): Instant {
  return context.prepaid?.(product, at) ?? at;
}

export type PrepaidSpanRefusal =
  | { readonly code: "prepaid_ends_before_start"; readonly startsOn: LocalDate }
  | { readonly code: "prepaid_ends_in_past"; readonly today: LocalDate };

/**
 * Registers a licence. It may have begun already, but not ended: what is over covers nothing.
 * With less than 30 days left its end is to be announced at once.
 *
 * Refusals: `prepaid_ends_in_past`, `prepaid_ends_before_start`.
 */
export function registerPrepaidLicence(
  order: Omit<PrepaidLicence, "createdAt" | "noticeDueAt">,
  timeZone: string,
  at: Instant,
): PrepaidLicence | PrepaidSpanRefusal {
  return (
    refuseSpan(order, timeZone, at) ?? {
      ...order,
      createdAt: at,
      noticeDueAt: findNotice(order.endsOn, timeZone, at),
    }
  );
}

/** Absent: as it is. */
export type PrepaidChange = {
  readonly quantity?: number | undefined;
  readonly endsOn?: LocalDate | undefined;
  readonly externalId?: string | null | undefined;
};

export type PrepaidChangeRefusal =
  | { readonly code: "prepaid_licence_ended"; readonly endedAt: Instant }
  | PrepaidSpanRefusal;

/**
 * Changes a licence that has not ended. An end that moves is announced anew, as what was said of the old one is wrong;
 * where the new one is less than 30 days ahead, at once.
 *
 * Refusals: `prepaid_licence_ended`, `prepaid_ends_in_past`, `prepaid_ends_before_start`.
 */
export function changePrepaidLicence(
  licence: PrepaidLicence,
  change: PrepaidChange,
  timeZone: string,
  at: Instant,
): PrepaidLicence | PrepaidChangeRefusal {
  const ended = refuseEnded(licence, timeZone, at);
  if (ended !== null) return ended;
  const endsOn = change.endsOn ?? licence.endsOn;
  const refusal = refuseSpan({ startsOn: licence.startsOn, endsOn }, timeZone, at);
  if (refusal !== null) return refusal;
  return {
    ...licence,
    externalId: change.externalId === undefined ? licence.externalId : change.externalId,
    quantity: change.quantity ?? licence.quantity,
    endsOn,
    noticeDueAt: endsOn === licence.endsOn ? licence.noticeDueAt : findNotice(endsOn, timeZone, at),
  };
}

/** The refusal where a licence has ended, and is history. */
export function refuseEnded(
  licence: PrepaidSpan,
  timeZone: string,
  at: Instant,
): Extract<PrepaidChangeRefusal, { code: "prepaid_licence_ended" }> | null {
  const endedAt = prepaidEndsAt(licence, timeZone);
  return endedAt <= at ? { code: "prepaid_licence_ended", endedAt } : null;
}

/** A licence whose end has been announced. */
export function announcePrepaidEnd(licence: PrepaidLicence): PrepaidLicence {
  return { ...licence, noticeDueAt: null };
}

function refuseSpan(
  { startsOn, endsOn }: PrepaidSpan,
  timeZone: string,
  at: Instant,
): PrepaidSpanRefusal | null {
  const today = dayOf(at, timeZone);
  if (endsOn < today) return { code: "prepaid_ends_in_past", today };
  return endsOn < startsOn ? { code: "prepaid_ends_before_start", startsOn } : null;
}

function findNotice(endsOn: LocalDate, timeZone: string, at: Instant): Instant {
  const noticeAt = startOfDay(addDays(endsOn, 1 - noticeDays), timeZone);
  return noticeAt > at ? noticeAt : at;
}
