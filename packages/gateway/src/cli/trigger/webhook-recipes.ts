import type { EventType, WebhookEndpoint, WebhookEndpointInput } from "@evergate/sdk";
import { StartError } from "../../server/start-error.ts";
import type { NoRecipe, Recipe } from "./recipe.ts";
import type { Stage } from "./stage.ts";

type Type = Extract<EventType, `webhook_endpoint.${string}` | `receipt.${string}`>;

/** What happens to webhook endpoints, and to the receipts that they owe. */
export const webhookRecipes: Readonly<Record<Type, Recipe | NoRecipe>> = {
  "webhook_endpoint.test": {
    summary:
      "a test event for the newest webhook endpoint, or for a new one that is off and deleted again",
    run: async (stage) =>
      withEndpoint(stage, async ({ id }) => {
        await stage.evergate.webhookEndpoints.sendTest(id);
        return id;
      }),
  },
  "webhook_endpoint.failing": {
    impossible: "It tells of an endpoint that has taken nothing for a day, in real time.",
  },
  "webhook_endpoint.disabled": {
    impossible:
      "It tells of an endpoint that has taken nothing for five days, in real time; an endpoint that answers 410 brings it about at once.",
  },
  "webhook_endpoint.recovered": {
    impossible: "It tells of an endpoint that had been failing for a day and more, in real time.",
  },
  "receipt.overdue": {
    impossible:
      "It takes real time: ask an endpoint for receipts within a minute, and don't answer.",
  },
  "receipt.rejected": {
    summary:
      "a new customer, whose event is reported as rejected for an endpoint that is off and deleted again",
    run: rejectReceipt,
  },
};

async function rejectReceipt(stage: Stage): Promise<string> {
  const { evergate } = stage;
  const type = "customer.created";
  const asked = { eventTypes: [type], within: { minutes: 60 } } as const;
  return withNewEndpoint(stage, { eventTypes: [type], receipts: asked }, async (endpoint) => {
    const customer = await evergate.customers.create({ name: "Triggered" });
    for await (const event of evergate.events.list({ type, order: "newest_first", limit: 10 })) {
      if (event.data.id !== customer.id) continue;
      const receipt = await evergate.receipts.record(event.id, {
        status: "rejected",
        detail: "Triggered.",
        endpoint: endpoint.id,
      });
      return receipt.id;
    }
    throw new StartError(`${customer.id} was made, but has no event.`);
  });
}

async function withEndpoint(
  stage: Stage,
  work: (endpoint: Pick<WebhookEndpoint, "id">) => Promise<string>,
): Promise<string> {
  const [known] = (await stage.evergate.webhookEndpoints.list({ limit: 1 })).data;
  return known === undefined
    ? withNewEndpoint(stage, { eventTypes: ["webhook_endpoint.test"] }, work)
    : work(known);
}

/** Nothing is delivered to it: it is off as long as it is there. */
async function withNewEndpoint(
  { evergate, say }: Stage,
  input: Omit<WebhookEndpointInput, "url" | "enabled">,
  work: (endpoint: Pick<WebhookEndpoint, "id">) => Promise<string>,
): Promise<string> {
  const made = await evergate.webhookEndpoints.create({
    ...input,
    url: "https://hooks.example.com/triggered",
    enabled: false,
  });
  say(`Made the webhook endpoint ${made.id}.`);
  try {
    return await work(made);
  } finally {
    await evergate.webhookEndpoints.delete(made.id);
  }
}
