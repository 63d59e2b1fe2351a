import type { EvergateEvent } from "@evergate/sdk";
import type { DemoPartner } from "./partners.ts";
import type { Receiver } from "./processes/start-receiver.ts";

export interface Comparison {
  readonly eventCount: number;
  readonly subscriptionCount: number;
}

/**
 * Compares what the receiver verified with what the gateway has on record: each event once, and those of every
 * subscription in the same order, numbered from 1 without a gap (R27). Throws where anything differs.
 */
export async function compareDeliveries(
  partners: readonly DemoPartner[],
  receiver: Receiver,
): Promise<Comparison> {
  // The one that was forged; nothing of the gateway's own may ever be refused.
  const refusals = receiver.listRefusals();
  if (refusals.length !== 1) throw new Error(`Webhooks were refused: ${refusals.join(", ")}.`);
  let eventCount = 0;
  let subscriptionCount = 0;
  for (const { partner, evergate, path, firstCursor } of partners) {
    const recorded: EvergateEvent[] = [];
    for await (const event of evergate.events.list({ after: firstCursor, limit: 200 }))
      recorded.push(event);
    const delivered = receiver.listVerified(path);
    if (delivered.length !== recorded.length)
      throw new Error(
        `${partner.name} has ${recorded.length} events, but ${delivered.length} were delivered.`,
      );
    const recordedOf = groupBySubscription(recorded);
    const deliveredOf = groupBySubscription(delivered);
    for (const [subscription, events] of recordedOf) {
      const ids = (deliveredOf.get(subscription) ?? []).map(({ id }) => id);
      const isNumbered = events.every((event, index) => readSequence(event) === index + 1);
      if (!isNumbered || ids.join() !== events.map(({ id }) => id).join())
        throw new Error(`The events of ${subscription} were not delivered in their order.`);
    }
    eventCount += recorded.length;
    subscriptionCount += recordedOf.size;
  }
  return { eventCount, subscriptionCount };
}

function groupBySubscription(
  events: readonly EvergateEvent[],
): Map<string, readonly EvergateEvent[]> {
  const own = events.filter((event) => readSequence(event) !== null);
  return Map.groupBy(
    own,
    ({ data }) => ("subscription" in data ? data.subscription : null) ?? data.id,
  );
}

function readSequence({ data }: EvergateEvent): number | null {
  return "sequence" in data ? data.sequence : null;
}
