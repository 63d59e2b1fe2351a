import type { Delivery, Event, EventId, ThinEvent as ThinBody } from "../generated/api.ts";

/** An event as an endpoint gets it that asks for `thin` payloads: of its subject there is only what it takes to read the rest. */
export type ThinEvent = ThinBody & { readonly id: EventId };

/**
 * What a thin delivery has of an event, whichever kind has come: an endpoint may just have been changed. A challenge is
 * no event, and stays as it is.
 */
export function toThinEvent(event: Event & { readonly delivery: Delivery }): ThinEvent {
  if ("challenge" in event.data) return event;
  const { id, type, timestamp, delivery } = event;
  const { id: subject, sequence, mode }: Partial<ThinEvent["data"]> = event.data;
  return {
    id,
    type,
    timestamp,
    data: {
      id: subject ?? "",
      ...(sequence === undefined ? {} : { sequence }),
      ...(mode === undefined ? {} : { mode }),
    },
    delivery,
  };
}
