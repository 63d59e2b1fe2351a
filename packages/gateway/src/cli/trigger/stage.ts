import {
  isEvergateProblem,
  type Evergate,
  type Partner,
  type Subscription,
  type SubscriptionInput,
} from "@evergate/sdk";
import { StartError } from "../../server/start-error.ts";

/** What recipes work with: a sandbox, and what they all need in it. */
export interface Stage {
  readonly evergate: Evergate;
  readonly partner: Partner;
  /** A new subscription of the partner's customer for such things, with a trial where the partner's kind has one. */
  subscribe(input?: Partial<SubscriptionInput>): Promise<Subscription>;
  /** The same in paid service, which can move the clock. */
  subscribePaid(input?: Partial<SubscriptionInput>): Promise<PaidSubscription>;
  /** Moves the sandbox's clock on, and carries out what falls due. */
  advanceTo(instant: Temporal.Instant): Promise<void>;
  now(): Promise<Temporal.Instant>;
  /** The customer that all this is done with, made once in each sandbox. */
  customer(): Promise<string>;
  /** A product that has a price for the partner: the one that was asked for, or another one than `butFor`. */
  product(butFor?: string): Promise<string>;
  /** Refuses where the key is not the operator's. */
  checkOperator(): Promise<void>;
  readonly say: (text: string) => void;
}

export type PaidSubscription = Subscription & {
  readonly period: NonNullable<Subscription["period"]>;
};

/** By this the customer is found again. */
const customerExternalId = "evergate-trigger";

export function createStage(
  evergate: Evergate,
  partner: Partner,
  wantedProduct: string | null,
  say: (text: string) => void,
): Stage {
  const stage: Stage = {
    evergate,
    partner,
    say,
    async subscribe(input = {}) {
      const product = await evergate.products.get(input.product ?? (await stage.product()));
      const made = await evergate.subscriptions.create({
        customer: await stage.customer(),
        // Room to grow and to shrink.
        quantity: Math.min(product.minQuantity + 1, product.maxQuantity),
        ...(partner.type === "xsp" ? { trial: chooseTrial(partner) } : {}),
        ...input,
        product: product.id,
      });
      say(`Subscribed: ${made.id}, ${made.quantity} of ${product.code}, ${made.status}.`);
      return made;
    },
    async subscribePaid(input = {}) {
      const made = await stage.subscribe(
        partner.type === "xsp" ? { ...input, trial: "none" } : input,
      );
      if (made.trial !== null && made.period === null)
        await stage.advanceTo(Temporal.Instant.from(made.trial.endsAt));
      const paid = await evergate.subscriptions.get(made.id);
      if (paid.period === null) throw new Error(`${made.id} has no billing period.`);
      return { ...paid, period: paid.period };
    },
    async advanceTo(instant) {
      if (Temporal.Instant.compare(instant, await stage.now()) <= 0) return;
      say(`The sandbox's clock goes on to ${instant.toString()}.`);
      await evergate.sandbox.advanceClock({ to: instant.toString() });
    },
    now: async () => Temporal.Instant.from((await evergate.sandbox.getClock()).now),
    async customer() {
      const known = await findOrNull(evergate.customers.get(`ext:${customerExternalId}`));
      if (known !== null) return known.id;
      const customer = await evergate.customers.create({
        name: "Triggered",
        externalId: customerExternalId,
      });
      say(`Made the customer ${customer.id}.`);
      return customer.id;
    },
    async product(butFor) {
      if (wantedProduct !== null && butFor === undefined) return wantedProduct;
      const today = (await stage.now()).toZonedDateTimeISO(partner.timeZone).toPlainDate();
      const prices = evergate.prices.list({
        channel: partner.type,
        currency: partner.currency,
        limit: 200,
      });
      for await (const { product, validFrom } of prices)
        if (
          product !== butFor &&
          Temporal.PlainDate.compare(Temporal.PlainDate.from(validFrom), today) <= 0
        )
          return product;
      throw new StartError(
        butFor === undefined
          ? `No product has a price for ${partner.type} in ${partner.currency}. The operator has to make one first.`
          : `Only one product has a price for ${partner.type} in ${partner.currency}, and this needs two.`,
      );
    },
    async checkOperator() {
      try {
        await evergate.partners.get(partner.id);
      } catch (error) {
        if (!isEvergateProblem(error) || error.code !== "forbidden") throw error;
        throw new StartError(
          `Only the operator can do this. Set EVERGATE_API_KEY to an operator's key, and name the sandbox with --partner ${partner.id}.`,
          { cause: error },
        );
      }
    },
  };
  return stage;
}

async function findOrNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (isEvergateProblem(error) && error.code === "not_found") return null;
    throw error;
  }
}

/** 14 days where the partner may offer as much. */
function chooseTrial({ trialLimit }: Partner): NonNullable<SubscriptionInput["trial"]> {
  if (trialLimit === null || "months" in trialLimit || trialLimit.days >= 14) return { days: 14 };
  return trialLimit;
}
