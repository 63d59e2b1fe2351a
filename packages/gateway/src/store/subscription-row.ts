import {
  nextDueAt,
  toCustomerId,
  toInstant,
  toPriceId,
  toProductId,
  toSubscriptionId,
  toUnitPrice,
  type ActivationCode,
  type Instant,
  type LocalDate,
  type PartnerTerms,
  type Subscription,
  type SubscriptionBase,
  type TrialLength,
} from "@evergate/core";
import type { Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import type { SubscriptionTable } from "./schema.ts";

/** A subscription as a row; `due_at` is when the clockwork has to look at it next (R2). */
export function toSubscriptionRow(
  partner: PartnerId,
  terms: PartnerTerms,
  subscription: Subscription,
): Record<keyof SubscriptionTable, string | number | bigint | null> {
  const { trial, period, scheduledChange, cancellation, term } = subscription;
  const pause = "pause" in subscription ? subscription.pause : null;
  return {
    partner,
    id: subscription.id,
    external_id: subscription.externalId,
    customer: subscription.customer,
    product: subscription.product,
    quantity: subscription.quantity,
    activation_code: subscription.activationCode,
    status: subscription.status,
    starts_at: subscription.startsAt,
    trial_offer: subscription.trialOffer === null ? null : JSON.stringify(subscription.trialOffer),
    trial_starts_at: trial?.startsAt ?? null,
    trial_ends_at: trial?.endsAt ?? null,
    paid_since: subscription.paidSince,
    starts_again: Number(subscription.startsAgain),
    period_starts_on: period?.startsOn ?? null,
    period_ends_on: period?.endsOn ?? null,
    period_paid_from_on: period?.paidFromOn ?? null,
    period_is_prorated: period === null ? null : Number(period.prorated),
    dearest_product: period?.dearest.product ?? null,
    dearest_quantity: period?.dearest.quantity ?? null,
    dearest_price: period?.dearest.price ?? null,
    dearest_unit_price: period?.dearest.unitPrice ?? null,
    pause_starts_at: pause?.startsAt ?? null,
    pause_resumes_at: pause?.resumesAt ?? null,
    cancellation_effective_at: cancellation?.effectiveAt ?? null,
    cancellation_requested_at: cancellation?.requestedAt ?? null,
    cancellation_through_on: cancellation?.throughOn ?? null,
    stopped_at: "stoppedAt" in subscription ? subscription.stoppedAt : null,
    scheduled_product: scheduledChange?.product ?? null,
    scheduled_quantity: scheduledChange?.quantity ?? null,
    scheduled_effective_at: scheduledChange?.effectiveAt ?? null,
    term_periods: term?.periods ?? null,
    term_used: term?.used ?? null,
    term_renews: term === null ? null : Number(term.renews),
    metadata: JSON.stringify(subscription.metadata),
    version: subscription.version,
    sequence: subscription.sequence,
    advanced_to: subscription.advancedTo,
    due_at: nextDueAt(subscription, terms),
    created_at: subscription.createdAt,
  };
}

/** A row as a subscription. Throws where the row contradicts its own status: then it was changed by other hands. */
export function toSubscription(row: Selectable<SubscriptionTable>): Subscription {
  const base = toBase(row);
  const pause =
    row.pause_starts_at === null
      ? null
      : {
          startsAt: toInstant(row.pause_starts_at),
          resumesAt: toInstantOrNull(row.pause_resumes_at),
        };
  switch (row.status) {
    case "scheduled":
      return { ...base, status: row.status };
    case "trialing":
    case "active":
      return { ...base, status: row.status, pause };
    case "paused":
      if (pause === null) break;
      return { ...base, status: row.status, pause };
    case "canceled":
    case "expired":
      if (row.stopped_at === null) break;
      return { ...base, status: row.status, stoppedAt: toInstant(row.stopped_at) };
  }
  throw new Error(
    `The row of ${row.id} can't be: its status is "${row.status}" but what belongs to it is missing.`,
  );
}

function toBase(row: Selectable<SubscriptionTable>): SubscriptionBase {
  /* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written by toSubscriptionRow */
  return {
    id: toSubscriptionId(row.id),
    customer: toCustomerId(row.customer),
    externalId: row.external_id,
    product: toProductId(row.product),
    quantity: row.quantity,
    activationCode: row.activation_code as ActivationCode,
    startsAt: toInstant(row.starts_at),
    trialOffer: row.trial_offer === null ? null : (JSON.parse(row.trial_offer) as TrialLength),
    trial:
      row.trial_starts_at === null || row.trial_ends_at === null
        ? null
        : { startsAt: toInstant(row.trial_starts_at), endsAt: toInstant(row.trial_ends_at) },
    period: toPeriod(row),
    paidSince: row.paid_since as LocalDate | null,
    startsAgain: row.starts_again === 1,
    scheduledChange:
      row.scheduled_effective_at === null
        ? null
        : {
            product: row.scheduled_product === null ? null : toProductId(row.scheduled_product),
            quantity: row.scheduled_quantity,
            effectiveAt: toInstant(row.scheduled_effective_at),
          },
    cancellation:
      row.cancellation_effective_at === null || row.cancellation_requested_at === null
        ? null
        : {
            effectiveAt: toInstant(row.cancellation_effective_at),
            requestedAt: toInstant(row.cancellation_requested_at),
            throughOn: row.cancellation_through_on as LocalDate | null,
          },
    term:
      row.term_periods === null
        ? null
        : { periods: row.term_periods, used: row.term_used ?? 0, renews: row.term_renews === 1 },
    metadata: JSON.parse(row.metadata) as SubscriptionBase["metadata"],
    createdAt: toInstant(row.created_at),
    version: row.version,
    sequence: row.sequence,
    advancedTo: toInstant(row.advanced_to),
  };
}

function toPeriod(row: Selectable<SubscriptionTable>): SubscriptionBase["period"] {
  const {
    period_starts_on,
    period_ends_on,
    period_paid_from_on,
    dearest_product,
    dearest_quantity,
    dearest_price,
    dearest_unit_price,
  } = row;
  if (
    period_starts_on === null ||
    period_ends_on === null ||
    period_paid_from_on === null ||
    dearest_product === null ||
    dearest_quantity === null ||
    dearest_price === null ||
    dearest_unit_price === null
  )
    return null;
  return {
    startsOn: period_starts_on as LocalDate,
    endsOn: period_ends_on as LocalDate,
    paidFromOn: period_paid_from_on as LocalDate,
    prorated: row.period_is_prorated === 1,
    dearest: {
      product: toProductId(dearest_product),
      quantity: dearest_quantity,
      price: toPriceId(dearest_price),
      unitPrice: toUnitPrice(BigInt(dearest_unit_price)),
    },
  };
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}

function toInstantOrNull(value: number | null): Instant | null {
  return value === null ? null : toInstant(value);
}
