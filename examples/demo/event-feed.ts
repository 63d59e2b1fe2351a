import { setTimeout as delay } from "node:timers/promises";
import type { EvergateEvent, Subscription } from "@evergate/sdk";
import type { DemoPartner } from "./partners.ts";
import type { Receiver } from "./processes/start-receiver.ts";

const timeoutMs = 20_000;

/** A partner's events as they come to be, each once its webhook has been verified too. */
export interface EventFeed {
  /** The events that are new since the last call. */
  readNew(): Promise<readonly EvergateEvent[]>;
  /** The same, once what made the subscription what it now is is among them. */
  readUntil(subscription: Subscription): Promise<readonly EvergateEvent[]>;
}

export function createEventFeed(
  { evergate, path, firstCursor }: DemoPartner,
  receiver: Receiver,
): EventFeed {
  let after = firstCursor;

  async function readNew(): Promise<readonly EvergateEvent[]> {
    const events: EvergateEvent[] = [];
    for await (const event of evergate.events.list({ after, limit: 200 })) events.push(event);
    await receiver.waitFor(path, events);
    after = events.at(-1)?.id ?? after;
    return events;
  }

  return {
    readNew,
    async readUntil({ id, version }) {
      const events: EvergateEvent[] = [];
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        events.push(...(await readNew()));
        if (
          events.some(({ data }) => "version" in data && data.id === id && data.version >= version)
        )
          return events;
        if (performance.now() > deadline)
          throw new Error(`No event told of version ${version} of ${id} in time.`);
        await delay(10);
      }
    },
  };
}
