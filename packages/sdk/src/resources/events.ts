import type { Calls } from "../client/create-call.ts";
import { followEvents } from "../client/follow-events.ts";
import type { QueryOf } from "../contract.ts";
import type {
  Event as EvergateEvent,
  EventId,
  RedeliverInput,
  Redelivery,
  WebhookAttempt,
} from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** Which events are followed. */
export type FollowQuery = Pick<
  NonNullable<QueryOf<"listEvents">>,
  "after" | "type" | "subscription"
>;

export type FollowOptions = OptionsOf<"listEvents"> & {
  /** Hears why events don't come for now, and when they are asked for again. */
  readonly onInterrupted?: ((error: Error, retryInMs: number) => void) | undefined;
};

/** How long the gateway waits for an event before it is asked again. Proxies commonly cut what is silent for 30 or 60 s. */
const waitSeconds = 25;

/** What happened, in one total order. */
export interface Events {
  /**
   * Lists the partner's events in their one total order, oldest first. It is the way to catch up
   * on events that you missed: keep the id of the last event you have seen, and ask for those
   * after it. With `wait` it is also the way to follow them as they happen, without a webhook
   * endpoint.
   *
   * ```ts
   * for await (const event of evergate.events.list({ after: lastSeen })) lastSeen = await take(event);
   * ```
   * The walk ends with the last event that there is for now. Keep its id, and pass it as `after` next time.
   *
   * Refused with `rate_limited`.
   */
  list(
    query?: QueryOf<"listEvents">,
    options?: OptionsOf<"listEvents">,
  ): PagePromise<EvergateEvent>;

  /**
   * Follows the partner's events as they happen, without a webhook endpoint and without an end: those after `after`, or
   * all from the first on. Each is asked for once the one before has been taken. Lost connections and restarts of the
   * gateway are waited out, and nothing is missed; what can't pass by itself, such as a revoked key, is thrown.
   *
   * ```ts
   * const newest = await evergate.events.list({ order: "newest_first", limit: 1 });
   * for await (const event of evergate.events.follow({ after: newest.data[0]?.id }, { signal })) await take(event);
   * ```
   */
  follow(query?: FollowQuery, options?: FollowOptions): AsyncIterable<EvergateEvent>;

  /**
   * Reads one event.
   *
   * Refused with `not_found`.
   */
  get(eventId: EventId, options?: OptionsOf<"getEvent">): Promise<EvergateEvent>;

  /**
   * Lists the attempts to deliver an event, to whichever endpoint, newest first. They are kept for
   * 30 days; those to an endpoint that was deleted go with it.
   *
   * Refused with `not_found`.
   */
  listAttempts(
    eventId: EventId,
    query?: QueryOf<"listEventAttempts">,
    options?: OptionsOf<"listEventAttempts">,
  ): PagePromise<WebhookAttempt>;

  /**
   * Delivers an event once more, to one of your endpoints (`endpoint`) or to all that want it. An
   * endpoint that had it gets the same bytes under the same number.
   *
   * Refused with `not_found`, `webhook_endpoint_unknown`.
   */
  redeliver(
    eventId: EventId,
    input?: RedeliverInput,
    options?: OptionsOf<"redeliverEvent">,
  ): Promise<Redelivery>;
}

export function createEvents({ call, list }: Calls): Events {
  return {
    list: (query, options) => list("listEvents", { query }, options),
    follow: ({ after, ...filter } = {}, { onInterrupted, ...options } = {}) =>
      followEvents({
        after,
        signal: options.signal,
        onInterrupted,
        read: (last) =>
          list(
            "listEvents",
            {
              query: {
                ...filter,
                wait: waitSeconds,
                limit: 200,
                ...(last === undefined ? {} : { after: last }),
              },
            },
            options,
          ),
      }),
    get: (eventId, options) => call("getEvent", { path: { eventId } }, options),
    listAttempts: (eventId, query, options) =>
      list("listEventAttempts", { path: { eventId }, query }, options),
    redeliver: (eventId, input = {}, options) =>
      call("redeliverEvent", { path: { eventId }, body: input }, options),
  };
}
