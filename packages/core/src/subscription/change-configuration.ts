import { periodEndsAt } from "../billing-period.ts";
import { dayOf, type Instant } from "../calendar.ts";
import type { FactType } from "../decision.ts";
import type { ProductId } from "../ids.ts";
import { refusePrepaid, type PrepaidRefusal } from "../prepaid.ts";
import type { Context, PartnerTerms } from "../terms.ts";
import { priceDayOf, refuseConfiguration, type ConfigurationRefusal } from "./configuration.ts";
import { occupyPeriod } from "./service.ts";
import {
  isTrialRunning,
  type Configuration,
  type ScheduledChange,
  type Subscription,
} from "./state.ts";

/** What is to change of the configuration, and when (R7, R8, R29). Absent: as it is. */
export type ConfigurationOrder = {
  readonly quantity?: number | undefined;
  readonly product?: ProductId | undefined;
  readonly effective: "now" | "next_period";
};

/** What a change leads to, with the facts that announce it; none: nothing has changed. */
export type Change = { readonly after: Subscription; readonly types: readonly FactType[] };

export type ConfigurationChangeRefusal = ConfigurationRefusal | PrepaidRefusal;

/**
 * Changes quantity, product or both of a subscription in service or paused, at once or at the period's end (R29).
 *
 * Refusals: `product_unknown`, `product_not_priced`, `quantity_out_of_range`, `prepaid_licence_held`.
 */
export function changeConfiguration(
  subscription: Subscription,
  order: ConfigurationOrder,
  context: Context,
): Change | ConfigurationChangeRefusal {
  const effectiveAt =
    order.effective === "next_period" ? findEndOfCurrent(subscription, context.terms) : null;
  return effectiveAt === null
    ? changeAtOnce(subscription, order, context)
    : scheduleChange(subscription, order, effectiveAt, context);
}

/** The configuration that a scheduled change will make of the present one. */
export function configurationAfter(
  current: Configuration,
  change: Pick<ScheduledChange, "product" | "quantity"> | null,
): Configuration {
  return {
    product: change?.product ?? current.product,
    quantity: change?.quantity ?? current.quantity,
  };
}

/** The end of the open period, in the trial its end; null where neither runs (R29). */
function findEndOfCurrent(subscription: Subscription, terms: PartnerTerms): Instant | null {
  if (isTrialRunning(subscription)) return subscription.trial.endsAt;
  return subscription.period === null ? null : periodEndsAt(subscription.period, terms.timeZone);
}

function changeAtOnce(
  subscription: Subscription,
  order: ConfigurationOrder,
  context: Context,
): Change | ConfigurationChangeRefusal {
  const { scheduledChange, advancedTo } = subscription;
  const wanted: Configuration = {
    product: order.product ?? subscription.product,
    quantity: order.quantity ?? subscription.quantity,
  };
  const types: FactType[] = [];
  if (wanted.product !== subscription.product) types.push("subscription.product_changed");
  if (wanted.quantity !== subscription.quantity) types.push("subscription.quantity_changed");
  if (types.length === 0) return { after: subscription, types };
  // What stands scheduled stays so, and must be allowed with the new configuration, too.
  const day = priceDayOf(subscription, context.terms);
  const refusal =
    refuseConfiguration(wanted, day, context) ??
    refuseLater(configurationAfter(wanted, scheduledChange), scheduledChange, context) ??
    (wanted.product === subscription.product
      ? null
      : refusePrepaid(wanted.product, advancedTo, context));
  if (refusal !== null) return refusal;
  return { after: occupyPeriod({ ...subscription, ...wanted }, false, context), types };
}

/**
 * A slot is filled even with what is in force already: a later immediate change leaves it standing (R29), and
 * "10 from the next period on" must mean that whatever is ordered in between.
 */
function scheduleChange(
  subscription: Subscription,
  order: ConfigurationOrder,
  effectiveAt: Instant,
  context: Context,
): Change | ConfigurationChangeRefusal {
  const standing = subscription.scheduledChange;
  const scheduledChange: ScheduledChange = {
    product: order.product ?? standing?.product ?? null,
    quantity: order.quantity ?? standing?.quantity ?? null,
    effectiveAt,
  };
  if (
    scheduledChange.product === (standing?.product ?? null) &&
    scheduledChange.quantity === (standing?.quantity ?? null)
  ) {
    return { after: subscription, types: [] };
  }
  const later = configurationAfter(subscription, scheduledChange);
  const isNewProduct = order.product !== undefined && order.product !== subscription.product;
  const refusal =
    refuseLater(later, scheduledChange, context) ??
    (isNewProduct ? refusePrepaid(later.product, effectiveAt, context) : null);
  if (refusal !== null) return refusal;
  return { after: { ...subscription, scheduledChange }, types: ["subscription.change_scheduled"] };
}

function refuseLater(
  later: Configuration,
  change: ScheduledChange | null,
  context: Context,
): ConfigurationRefusal | null {
  if (change === null) return null;
  return refuseConfiguration(later, dayOf(change.effectiveAt, context.terms.timeZone), context);
}
