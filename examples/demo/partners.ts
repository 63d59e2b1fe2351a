import { setTimeout as delay } from "node:timers/promises";
import { Evergate, type CreatedPartner, type EvergateEvent } from "@evergate/sdk";
import type { Receiver } from "./processes/start-receiver.ts";
import type { Story } from "./stories/story.ts";

/** A partner of the demo, with what it has in hand. */
export interface DemoPartner {
  readonly story: Story;
  readonly partner: CreatedPartner;
  /** The client with the partner's own key. */
  readonly evergate: Evergate;
  /** The path of its webhook endpoint at the receiver. */
  readonly path: string;
  /** The last event from before the endpoint was there: nothing after it may be missing at the receiver. */
  readonly firstCursor: string;
}

/** The operator takes a partner on; the partner, with its own key, says where its webhooks go. */
export async function takeOnPartner(
  operator: Evergate,
  baseUrl: string,
  receiver: Receiver,
  story: Story,
): Promise<DemoPartner> {
  const partner = await operator.partners.create(story.partner);
  const evergate = new Evergate({
    apiKey: partner.apiKey.secret,
    baseUrl,
    actor: `Sales desk, ${partner.name}`,
  });
  const { id: firstCursor } = await waitForEvent(evergate);
  const path = `/webhooks/${partner.type}`;
  const { secret } = await evergate.webhookEndpoints.create({
    url: `${receiver.baseUrl}${path}`,
    eventTypes: ["*"],
    description: "The demo's receiver",
  });
  await receiver.open({ path, secret });
  return { story, partner, evergate, path, firstCursor };
}

/** Waits for the partner's first event, `partner.approved`: an event has its place in the order a moment after its change. */
async function waitForEvent(evergate: Evergate): Promise<EvergateEvent> {
  for (;;) {
    const { data } = await evergate.events.list({ limit: 1 });
    const [event] = data;
    if (event !== undefined) return event;
    await delay(20);
  }
}
