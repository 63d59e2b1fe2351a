import {
  formatInstant,
  type CancelRefusal,
  type ChangeRefusal,
  type CreateRefusal,
  type PauseRefusal,
  type ReactivateRefusal,
  type ResumeRefusal,
  type TrialLength,
  type WithdrawCancellationRefusal,
  type WithdrawScheduledChangeRefusal,
} from "@evergate/core";
import { refuse, refuseField, type Refused } from "../app/problem.ts";

/** Everything that the core can refuse about a subscription. */
export type SubscriptionRefusal =
  | CreateRefusal
  | ChangeRefusal
  | PauseRefusal
  | ResumeRefusal
  | CancelRefusal
  | WithdrawCancellationRefusal
  | WithdrawScheduledChangeRefusal
  | ReactivateRefusal;

/** The core's refusal as a problem: what is wrong, and what would be right. */
export function refuseSubscription(refusal: SubscriptionRefusal): Refused {
  const { code } = refusal;
  switch (code) {
    case "trial_not_offered":
      return refuseField(
        code,
        "/trial",
        "Resellers' and MSPs' trials are given by the rules; only an xSP offers one. Leave trial out.",
      );
    case "trial_exceeds_limit":
      return refuseField(
        code,
        "/trial",
        `The trial is longer than the partner may offer: at most ${formatLength(refusal.limit)}.`,
      );
    case "starts_in_past":
      return refuseField(
        code,
        "/startsAt",
        `startsAt has passed; it is ${formatInstant(refusal.now)} now. Leave it out to begin at once.`,
      );
    case "product_unknown":
      return refuseField(
        code,
        "/product",
        `There is no product ${refusal.product}. Name it by its id, or as code:<its code>.`,
      );
    case "product_not_priced":
      return refuse(
        code,
        `The product ${refusal.product} has no price for this partner's channel and currency on ${refusal.day}, the day whose price would count.`,
      );
    case "quantity_out_of_range":
      return refuse(
        code,
        `The product ${refusal.product} is licensed for ${refusal.minimum} to ${refusal.maximum} units; that holds, too, for what a scheduled change that stands would make of it.`,
        {
          minimum: refusal.minimum,
          maximum: refusal.maximum,
        },
      );
    case "prepaid_licence_held":
      return refuse(
        code,
        `The customer holds a prepaid licence for this product until ${formatInstant(refusal.availableFrom)}. A subscription can begin then.`,
        { availableFrom: formatInstant(refusal.availableFrom) },
      );
    case "subscription_stopped":
      return refuse(
        code,
        `The subscription stopped at ${formatInstant(refusal.stoppedAt)}. Reactivate it first.`,
      );
    case "subscription_not_started":
      return refuse(
        code,
        `The subscription has not begun yet; it begins at ${formatInstant(refusal.startsAt)}.`,
      );
    case "subscription_not_stopped":
      return refuse(code, `The subscription has not stopped: it is ${refusal.status}.`);
    case "subscription_already_paused":
      return refuse(
        code,
        refusal.resumesAt === null
          ? "The subscription is paused already, without a stated end."
          : `The subscription is paused already, until ${formatInstant(refusal.resumesAt)}.`,
      );
    case "pause_already_scheduled":
      return refuse(
        code,
        `A pause is to begin at ${formatInstant(refusal.startsAt)}. Withdraw it by resuming, then order the other.`,
      );
    case "pause_starts_in_past":
      return refuseField(
        code,
        "/startsAt",
        `startsAt has passed; it is ${formatInstant(refusal.now)} now. Leave it out to pause at once.`,
      );
    case "pause_end_required":
      return refuse(code, "A pause needs its end: resumesAt, or a number of days.");
    case "open_ended_pause_not_allowed":
      return refuseField(
        code,
        "/resumesAt",
        "Only an xSP may leave the end of a pause open. State resumesAt or days.",
      );
    case "pause_ends_before_start":
      return refuse(
        code,
        `The pause would end at ${formatInstant(refusal.resumesAt)}, which is not after its beginning at ${formatInstant(refusal.startsAt)}.`,
      );
    case "subscription_not_paused":
      return refuse(
        code,
        `Neither is the subscription paused nor is a pause to come: it is ${refusal.status}.`,
      );
    case "cancellation_date_not_allowed":
      return refuseField(
        code,
        "/date",
        'A date goes with "period_end" only. To stop at once, leave it out.',
      );
    case "cancellation_date_in_past":
      return refuseField(
        code,
        "/date",
        `The date has passed; today is ${refusal.today} for this partner.`,
      );
    case "no_cancellation_scheduled":
      return refuse(code, "No stop is to come that could be withdrawn.");
    case "no_scheduled_change":
      return refuse(code, "No such change is to come that could be withdrawn.");
    case "term_not_prolonged":
      return refuseField(
        code,
        "/term",
        `A term can only be prolonged: ${refusal.periods} periods or more, or null for no term at all.`,
      );
    default:
      return code satisfies never;
  }
}

function formatLength(length: TrialLength): string {
  return "months" in length ? `${length.months} month(s)` : `${length.days} day(s)`;
}
