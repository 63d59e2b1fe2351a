import { toInstant, type Instant } from "@evergate/core";
import type { Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { WebhookAttemptTable } from "./schema.ts";
import type { Reader } from "./store.ts";
import type { WebhookEndpoint } from "./webhook-endpoints.ts";

/** One attempt to deliver an event, as it is listed. */
export interface WebhookAttempt {
  readonly id: string;
  readonly endpoint: string;
  readonly event: string;
  readonly eventType: string;
  readonly number: number;
  readonly hasSucceeded: boolean;
  readonly responseStatus: number | null;
  readonly error: string | null;
  readonly durationMs: number;
  readonly attemptedAt: Instant;
  /** When the event is tried again; null after success, after the last attempt, where later attempts have followed, and while the endpoint is off. */
  readonly nextAttemptAt: Instant | null;
}

/** A page of the attempts made to an endpoint, newest first. */
export async function listAttempts(
  db: Reader,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
  page: PageRequest,
): Promise<Page<WebhookAttempt>> {
  const attempts = await listNewestFirst(
    db
      .selectFrom("webhook_attempts")
      .selectAll()
      .where("partner", "=", partner)
      .where("endpoint", "=", endpoint.id),
    "attempt",
    page,
    (row) => row,
  );
  const ids = [...new Set(attempts.data.map((row) => row.event))];
  if (ids.length === 0) return { ...attempts, data: [] };
  const events = await db
    .selectFrom("events")
    .select(["id", "type"])
    .where("partner", "=", partner)
    .where("id", "in", ids)
    .execute();
  const deliveries = await db
    .selectFrom("webhook_deliveries")
    .select(["event", "status", "attempt_count", "next_attempt_at"])
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint.id)
    .where("event", "in", ids)
    .execute();
  const typeOf = new Map(events.map(({ id, type }) => [id, type]));
  const deliveryOf = new Map(deliveries.map((delivery) => [delivery.event, delivery]));
  return {
    ...attempts,
    data: attempts.data.map((row) => {
      const delivery = deliveryOf.get(row.event);
      const isTriedAgain =
        endpoint.isEnabled &&
        delivery?.status === "pending" &&
        delivery.attempt_count === row.number;
      return toAttempt(
        row,
        typeOf.get(row.event) ?? "",
        isTriedAgain ? toInstant(delivery.next_attempt_at) : null,
      );
    }),
  };
}

function toAttempt(
  row: Selectable<WebhookAttemptTable>,
  eventType: string,
  nextAttemptAt: Instant | null,
): WebhookAttempt {
  return {
    id: row.id,
    endpoint: row.endpoint,
    event: row.event,
    eventType,
    number: row.number,
    hasSucceeded: row.outcome === "succeeded",
    responseStatus: row.response_status,
    error: row.error,
    durationMs: row.duration_ms,
    attemptedAt: toInstant(row.attempted_at),
    nextAttemptAt,
  };
}
