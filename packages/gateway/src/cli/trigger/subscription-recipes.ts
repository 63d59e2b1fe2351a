import type { SubscriptionEvent } from "@evergate/sdk";
import { StartError } from "../../server/start-error.ts";
import type { Recipe } from "./recipe.ts";
import type { Stage } from "./stage.ts";

type Type = SubscriptionEvent["type"];

/** Each with a subscription of its own, so that it can be done again and again. */
export const subscriptionRecipes: Readonly<Record<Type, Recipe>> = {
  "subscription.created": { summary: "a new subscription", run: subscribe },
  "subscription.activated": { summary: "a new subscription", run: subscribe },
  "subscription.trial_started": { summary: "a new subscription", run: subscribeInTrial },
  "subscription.trial_will_end": {
    summary: "a new subscription's trial comes to its last days",
    movesClock: true,
    run: announceTrialEnd,
  },
  "subscription.trial_ended": {
    summary: "a new subscription's trial comes to its end",
    movesClock: true,
    async run(stage) {
      const { id, trialEndsAt } = await openTrial(stage);
      await stage.advanceTo(trialEndsAt);
      return id;
    },
  },
  "subscription.quantity_changed": {
    summary: "a new subscription, then one unit fewer",
    run: async (stage) => changeQuantity(stage, "now"),
  },
  "subscription.product_changed": {
    summary: "a new subscription, then another product",
    async run(stage) {
      const { id, product } = await stage.subscribe();
      await stage.evergate.subscriptions.update(id, { product: await stage.product(product) });
      return id;
    },
  },
  "subscription.change_scheduled": {
    summary: "a new subscription, then one unit fewer from the next period on",
    run: async (stage) => changeQuantity(stage, "next_period"),
  },
  "subscription.change_withdrawn": {
    summary: "a new subscription, a change for the next period, which is withdrawn",
    async run(stage) {
      const id = await changeQuantity(stage, "next_period");
      await stage.evergate.subscriptions.withdrawScheduledChange(id, { of: "quantity" });
      return id;
    },
  },
  "subscription.pause_scheduled": {
    summary: "a new subscription, then a pause from tomorrow on",
    run: schedulePause,
  },
  "subscription.pause_withdrawn": {
    summary: "a new subscription, a pause from tomorrow on, which is withdrawn",
    async run(stage) {
      const id = await schedulePause(stage);
      await stage.evergate.subscriptions.resume(id);
      return id;
    },
  },
  "subscription.paused": {
    summary: "a new subscription, paused for 3 days",
    run: pause,
  },
  "subscription.resumed": {
    summary: "a new subscription, paused and resumed",
    async run(stage) {
      const id = await pause(stage);
      await stage.evergate.subscriptions.resume(id);
      return id;
    },
  },
  "subscription.renewed": {
    summary: "a subscription's first paid period comes to its end",
    movesClock: true,
    async run(stage) {
      const { id, period } = await stage.subscribePaid();
      await stage.advanceTo(Temporal.Instant.from(period.endsAt));
      return id;
    },
  },
  "subscription.cancellation_scheduled": {
    summary: "a new subscription, canceled for the end of its period",
    run: async (stage) => cancel(stage, "period_end"),
  },
  "subscription.cancellation_withdrawn": {
    summary: "a new subscription, canceled for the end of its period, which is withdrawn",
    async run(stage) {
      const id = await cancel(stage, "period_end");
      await stage.evergate.subscriptions.withdrawCancellation(id);
      return id;
    },
  },
  "subscription.canceled": {
    summary: "a new subscription, canceled at once",
    run: async (stage) => cancel(stage, "now"),
  },
  "subscription.expired": {
    summary: "a subscription for one period, which comes to its end",
    movesClock: true,
    async run(stage) {
      const term = { periods: 1, renews: false };
      const { id, period } = await stage.subscribePaid({ term });
      await stage.advanceTo(Temporal.Instant.from(period.endsAt));
      return id;
    },
  },
  "subscription.reactivated": {
    summary: "a new subscription, canceled at once and taken up again",
    async run(stage) {
      const id = await cancel(stage, "now");
      await stage.evergate.subscriptions.reactivate(id);
      return id;
    },
  },
  "subscription.updated": {
    summary: "a new subscription gets metadata",
    async run(stage) {
      const { id } = await stage.subscribe();
      await stage.evergate.subscriptions.update(id, { metadata: { triggered: "yes" } });
      return id;
    },
  },
};

async function subscribe(stage: Stage): Promise<string> {
  return (await stage.subscribe()).id;
}

async function subscribeInTrial(stage: Stage): Promise<string> {
  return (await openTrial(stage)).id;
}

interface OpenTrial {
  readonly id: string;
  readonly trialEndsAt: Temporal.Instant;
}

async function openTrial(stage: Stage, startsAt?: Temporal.Instant): Promise<OpenTrial> {
  const { id } = await stage.subscribe(
    startsAt === undefined ? {} : { startsAt: startsAt.toString() },
  );
  if (startsAt !== undefined) await stage.advanceTo(startsAt);
  const { trial } = await stage.evergate.subscriptions.get(id);
  if (trial === null) throw new StartError("The partner's subscriptions have no trial.");
  return { id, trialEndsAt: Temporal.Instant.from(trial.endsAt) };
}

/** It is announced 3 local days before, if the trial is longer; at a month's end a reseller's is not. */
async function announceTrialEnd(stage: Stage): Promise<string> {
  const leastHours = 4 * 24 + 2;
  const isLong = async ({ trialEndsAt }: OpenTrial): Promise<boolean> =>
    (await stage.now()).until(trialEndsAt).total("hours") > leastHours;
  let trial = await openTrial(stage);
  if (!(await isLong(trial)) && stage.partner.type !== "xsp")
    trial = await openTrial(stage, trial.trialEndsAt);
  if (!(await isLong(trial)))
    throw new StartError("The partner's longest trial is too short for its end to be announced.");
  await stage.advanceTo(trial.trialEndsAt.subtract({ hours: 2 * 24 }));
  return trial.id;
}

/** Fewer: a product may allow no more than a subscription has. */
async function changeQuantity(stage: Stage, effective: "now" | "next_period"): Promise<string> {
  const { id, quantity } = await stage.subscribe();
  await stage.evergate.subscriptions.update(id, { quantity: quantity - 1, effective });
  return id;
}

async function schedulePause(stage: Stage): Promise<string> {
  const { id } = await stage.subscribe();
  const startsAt = (await stage.now()).add({ hours: 24 }).toString();
  await stage.evergate.subscriptions.pause(id, { startsAt, days: 3 });
  return id;
}

async function pause(stage: Stage): Promise<string> {
  const { id } = await stage.subscribe();
  await stage.evergate.subscriptions.pause(id, { days: 3 });
  return id;
}

async function cancel(stage: Stage, effective: "now" | "period_end"): Promise<string> {
  const { id } = await stage.subscribe();
  await stage.evergate.subscriptions.cancel(id, { effective });
  return id;
}
