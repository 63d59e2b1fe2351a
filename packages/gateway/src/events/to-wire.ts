import type { components } from "../generated/api.ts";
import type { StoredEvent } from "../store/events.ts";

export type WireEvent = components["schemas"]["Event"];

/** An event as the API answers it: what was delivered, with its id. */
export function toWireEvent(event: StoredEvent): WireEvent {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the stored text was written in the contract's form, which tests check for every type
  return { id: event.id, ...(JSON.parse(event.payload) as object) } as WireEvent;
}
