import type { EventType, Subscription } from "@evergate/sdk";
import { StartError } from "../../server/start-error.ts";
import type { NoRecipe, Recipe } from "./recipe.ts";
import { subscriptionRecipes } from "./subscription-recipes.ts";
import { webhookRecipes } from "./webhook-recipes.ts";
import type { Stage } from "./stage.ts";

/** Every type of the contract: what it adds does not build until it stands here. */
export const recipes: Readonly<Record<EventType, Recipe | NoRecipe>> = {
  ...subscriptionRecipes,
  ...webhookRecipes,
  "charge.created": {
    summary: "a subscription's first paid period comes to its end",
    movesClock: true,
    run: async (stage) => (await endPeriod(stage)).id,
  },
  "settlement.completed": {
    summary: "a month with a charge comes to its end",
    movesClock: true,
    run: endMonth,
  },
  "bill.issued": {
    summary: "a month with a charge comes to its end",
    movesClock: true,
    run: endMonth,
  },
  "credit_note.issued": {
    summary: "what is left of the newest bill is taken back; of a new one, where nothing is left",
    movesClock: true,
    needsOperator: true,
    run: creditBill,
  },
  "customer.created": {
    summary: "a new customer",
    run: async ({ evergate }) => (await evergate.customers.create({ name: "Triggered" })).id,
  },
  "customer.updated": {
    summary: "a customer gets other metadata",
    run: async (stage) => {
      const id = await stage.customer();
      await stage.evergate.customers.update(id, { metadata: makeMetadata() });
      return id;
    },
  },
  "prepaid_licence.ending": {
    summary: "a prepaid licence whose last day is in 29 days, which is announced at once",
    async run(stage) {
      const today = (await stage.now()).toZonedDateTimeISO(stage.partner.timeZone).toPlainDate();
      // A customer of its own: while it holds a licence, no subscription to the product can begin (R14).
      const customer = await stage.evergate.customers.create({ name: "Triggered, prepaid" });
      const licence = await stage.evergate.prepaidLicences.create({
        customer: customer.id,
        product: await stage.product(),
        quantity: 1,
        endsOn: today.add({ days: 29 }).toString(),
      });
      return licence.id;
    },
  },
  "partner.approved": {
    impossible: "It happens once, when a partner is taken on; it is the sandbox's first event.",
  },
  "partner.suspended": {
    summary: "the partner is suspended, and reinstated at once",
    needsOperator: true,
    run: suspendAndReinstate,
  },
  "partner.reinstated": {
    summary: "the partner is suspended, and reinstated at once",
    needsOperator: true,
    run: suspendAndReinstate,
  },
  "partner.updated": {
    summary: "the partner gets other metadata, beside what it has",
    needsOperator: true,
    async run({ evergate, partner }) {
      const { metadata } = await evergate.partners.get(partner.id);
      await evergate.partners.update(partner.id, { metadata: { ...metadata, ...makeMetadata() } });
      return partner.id;
    },
  },
};

/** Never what it was, so that it is a change. */
export function makeMetadata(): Readonly<Record<string, string>> {
  return { triggered: new Date().toISOString() };
}

async function endPeriod(stage: Stage): Promise<Subscription> {
  const { id, period } = await stage.subscribePaid();
  await stage.advanceTo(Temporal.Instant.from(period.endsAt));
  return stage.evergate.subscriptions.get(id);
}

/** The charge is on the bill of the month in which its period's last day lies (R22). */
async function endMonth(stage: Stage): Promise<null> {
  const { period } = await stage.subscribePaid();
  const lastDay = Temporal.Instant.from(period.endsAt)
    .toZonedDateTimeISO(stage.partner.timeZone)
    .toPlainDate()
    .subtract({ days: 1 });
  const nextMonth = lastDay.with({ day: 1 }).add({ months: 1 });
  await stage.advanceTo(nextMonth.toZonedDateTime(stage.partner.timeZone).toInstant());
  return null;
}

async function creditBill(stage: Stage): Promise<string> {
  const { evergate } = stage;
  const find = async (): Promise<string | null> => {
    const [bill] = (await evergate.bills.list({ limit: 1 })).data;
    if (bill === undefined) return null;
    const credited = await evergate.creditNotes.list({ bill: bill.id, limit: 1 });
    return credited.data.length === 0 ? bill.id : null;
  };
  let bill = await find();
  if (bill === null) {
    await endMonth(stage);
    bill = await find();
  }
  if (bill === null) throw new StartError("The month's end has brought no bill to credit.");
  return (await evergate.creditNotes.create(bill, { whole: true, reason: "Triggered." })).id;
}

async function suspendAndReinstate({ evergate, partner }: Stage): Promise<string> {
  const suspend = () => evergate.partners.suspend(partner.id, { reason: "Triggered." });
  const reinstate = () => evergate.partners.reinstate(partner.id);
  // It is left as it was found.
  const orders = partner.status === "suspended" ? [reinstate, suspend] : [suspend, reinstate];
  for (const order of orders) await order();
  return partner.id;
}
