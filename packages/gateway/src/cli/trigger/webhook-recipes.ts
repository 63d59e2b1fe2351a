import type { EventType, WebhookEndpoint } from "@evergate/sdk";
import type { NoRecipe, Recipe } from "./recipe.ts";
import type { Stage } from "./stage.ts";

type Type = Extract<EventType, `webhook_endpoint.${string}`>;

/** What happens to webhook endpoints. */
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
};

async function withEndpoint(
  { evergate, say }: Stage,
  work: (endpoint: WebhookEndpoint) => Promise<string>,
): Promise<string> {
  const [known] = (await evergate.webhookEndpoints.list({ limit: 1 })).data;
  if (known !== undefined) return work(known);
  const made = await evergate.webhookEndpoints.create({
    url: "https://hooks.example.com/triggered",
    eventTypes: ["webhook_endpoint.test"],
    enabled: false,
  });
  say(`Made the webhook endpoint ${made.id}.`);
  try {
    return await work(made);
  } finally {
    await evergate.webhookEndpoints.delete(made.id);
  }
}
