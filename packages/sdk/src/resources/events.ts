import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { Event as EvergateEvent, EventId } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** What happened, in one total order. */
export interface Events {
  /**
   * Lists the partner's events in their one total order, oldest first. It is the way to catch up
   * on events that you missed: keep the id of the last event you have seen, and ask for those
   * after it.
   *
   * ```ts
   * for await (const event of evergate.events.list({ after: lastSeen })) lastSeen = await take(event);
   * ```
   * The walk ends with the last event that there is for now. Keep its id, and pass it as `after` next time.
   */
  list(
    query?: QueryOf<"listEvents">,
    options?: OptionsOf<"listEvents">,
  ): PagePromise<EvergateEvent>;

  /**
   * Reads one event.
   *
   * Refused with `not_found`.
   */
  get(eventId: EventId, options?: OptionsOf<"getEvent">): Promise<EvergateEvent>;
}

export function createEvents({ call, list }: Calls): Events {
  return {
    list: (query, options) => list("listEvents", { query }, options),
    get: (eventId, options) => call("getEvent", { path: { eventId } }, options),
  };
}
