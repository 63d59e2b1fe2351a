/** Events on their way to endpoints. A delivery is pending until the endpoint has taken it or it is given up, and can be made pending again. */
import type { Instant } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { insertRows } from "./insert-rows.ts";
import type { Transaction } from "./store.ts";
import { takeSequences, touchQueue } from "./webhook-queues.ts";

/** An event that an endpoint is to get, before it has its number there. */
export interface NewDelivery {
  readonly endpoint: string;
  readonly event: string;
  readonly lane: string;
  /** The text to send, where it is not the event's own with the `delivery` object put in; it gets the delivery's number. */
  readonly makeBody: ((sequence: number) => string) | null;
}

/**
 * Queues deliveries, those of each endpoint in the order given, under its next numbers; answers how many.
 * An event is queued once for an endpoint: a second time violates a unique key.
 */
export async function insertDeliveries(
  tx: Transaction,
  partner: PartnerId,
  deliveries: readonly NewDelivery[],
  now: Instant,
): Promise<void> {
  const counts = new Map<string, number>();
  for (const { endpoint } of deliveries) counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
  const next = new Map(await takeSequences(tx, partner, counts, now));
  await insertRows(
    tx,
    "webhook_deliveries",
    deliveries.flatMap(({ endpoint, event, lane, makeBody }) => {
      const sequence = next.get(endpoint);
      // Deleted meanwhile: nobody wants it any more.
      if (sequence === undefined) return [];
      next.set(endpoint, sequence + 1);
      return {
        partner,
        endpoint,
        sequence,
        event,
        lane,
        status: "pending",
        attempt_count: 0,
        next_attempt_at: now,
        body: makeBody === null ? null : makeBody(sequence),
        queued_at: now,
        finished_at: null,
      };
    }),
  );
}

/**
 * Makes deliveries of an endpoint that are finished, delivered or given up, pending again, with all their attempts
 * before them: the same bytes under the same numbers. Those that are pending stay as they are. Answers how many it changed.
 * @public
 */
export async function requeueDeliveries(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  sequences: readonly number[],
  now: Instant,
): Promise<number> {
  if (sequences.length === 0) return 0;
  const { numUpdatedRows } = await tx
    .updateTable("webhook_deliveries")
    .set({ status: "pending", attempt_count: 0, next_attempt_at: now, finished_at: null })
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("sequence", "in", sequences)
    .where("status", "<>", "pending")
    .executeTakeFirst();
  if (numUpdatedRows > 0n) await touchQueue(tx, partner, endpoint, now);
  return Number(numUpdatedRows);
}

/**
 * Has deliveries that wait for their next attempt made at once, with all the attempts counted that they have had.
 * One that is being made, and those that are finished, stay as they are. Answers how many it changed.
 */
export async function hastenDeliveries(
  tx: Transaction,
  partner: PartnerId,
  endpoint: string,
  sequences: readonly number[],
  now: Instant,
): Promise<number> {
  if (sequences.length === 0) return 0;
  const { numUpdatedRows } = await tx
    .updateTable("webhook_deliveries")
    .set({ next_attempt_at: now })
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("sequence", "in", sequences)
    .where("status", "=", "pending")
    .where("next_attempt_at", ">", now)
    .executeTakeFirst();
  if (numUpdatedRows > 0n) await touchQueue(tx, partner, endpoint, now);
  return Number(numUpdatedRows);
}
