import { toInstant, type Instant } from "@evergate/core";
import type { Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import { lockEventPosition } from "./events.ts";
import { insertRows } from "./insert-rows.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { WebhookAttemptTable, WebhookEndpointTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

/** Where a partner has its events delivered. Its secret never leaves the store but sealed. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  readonly eventTypes: readonly string[];
  readonly description: string;
  readonly isEnabled: boolean;
  readonly createdAt: Instant;
}

export async function findEndpoint(
  db: Reader,
  partner: PartnerId,
  id: string,
): Promise<WebhookEndpoint | undefined> {
  const row = await db
    .selectFrom("webhook_endpoints")
    .selectAll()
    .where("partner", "=", partner)
    .where("id", "=", id)
    .executeTakeFirst();
  return row && toEndpoint(row);
}

/** An endpoint that nobody else changes until the transaction ends. */
export async function lockEndpoint(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  id: string,
): Promise<WebhookEndpoint | undefined> {
  const query = tx
    .selectFrom("webhook_endpoints")
    .selectAll()
    .where("partner", "=", partner)
    .where("id", "=", id);
  const row = await (dialect === "postgres" ? query.forNoKeyUpdate() : query).executeTakeFirst();
  return row && toEndpoint(row);
}

/** How many endpoints the partner has. Nobody else makes or deletes one until the transaction ends. */
export async function lockEndpointCount(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
): Promise<number> {
  await lockEventPosition(tx, dialect, partner);
  const { count } = await tx
    .selectFrom("webhook_endpoints")
    .select((select) => select.fn.countAll().as("count"))
    .where("partner", "=", partner)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Stores an endpoint; its secret is sealed under the gateway's key and bound to this endpoint. */
export async function insertEndpoint(
  tx: Transaction,
  box: SecretBox,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
  secret: string,
): Promise<void> {
  await tx
    .insertInto("webhook_endpoints")
    .values({
      partner,
      id: endpoint.id,
      url: endpoint.url,
      description: endpoint.description,
      event_types: JSON.stringify(endpoint.eventTypes),
      is_enabled: endpoint.isEnabled ? 1 : 0,
      secret: box.seal(secret, toSecretPlace(partner, endpoint.id)),
      created_at: endpoint.createdAt,
    })
    .execute();
}

/** Saves what can change of an endpoint. */
export async function updateEndpoint(
  tx: Transaction,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
): Promise<void> {
  await tx
    .updateTable("webhook_endpoints")
    .set({
      url: endpoint.url,
      description: endpoint.description,
      event_types: JSON.stringify(endpoint.eventTypes),
      is_enabled: endpoint.isEnabled ? 1 : 0,
    })
    .where("partner", "=", partner)
    .where("id", "=", endpoint.id)
    .execute();
}

/** Switches an endpoint off; answers it as it was, or undefined where it was off (or gone) already. */
export async function disableEndpoint(
  tx: Transaction,
  partner: PartnerId,
  id: string,
): Promise<WebhookEndpoint | undefined> {
  const { numUpdatedRows } = await tx
    .updateTable("webhook_endpoints")
    .set({ is_enabled: 0 })
    .where("partner", "=", partner)
    .where("id", "=", id)
    .where("is_enabled", "=", 1)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return undefined;
  const endpoint = await findEndpoint(tx, partner, id);
  return endpoint && { ...endpoint, isEnabled: true };
}

/** Deletes an endpoint with its deliveries and attempts. It waits for a fan-out that may just be making deliveries for it. */
export async function deleteEndpoint(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  id: string,
): Promise<void> {
  await lockEventPosition(tx, dialect, partner);
  await tx
    .deleteFrom("webhook_endpoints")
    .where("partner", "=", partner)
    .where("id", "=", id)
    .execute();
}

export async function listEndpoints(
  db: Reader,
  partner: PartnerId,
  page: PageRequest,
): Promise<Page<WebhookEndpoint>> {
  return listNewestFirst(
    db.selectFrom("webhook_endpoints").selectAll().where("partner", "=", partner),
    "wh",
    page,
    toEndpoint,
  );
}

/** The endpoints that get new events, and which of them. */
export async function listEnabledEndpoints(
  tx: Transaction,
  partner: PartnerId,
): Promise<readonly Pick<WebhookEndpoint, "id" | "eventTypes">[]> {
  const rows = await tx
    .selectFrom("webhook_endpoints")
    .selectAll()
    .where("partner", "=", partner)
    .where("is_enabled", "=", 1)
    .orderBy("id")
    .execute();
  return rows.map(toEndpoint);
}

/** Decrypts an endpoint's secret to sign with it. Throws where the gateway's key is not the one it was sealed with. */
export function openEndpointSecret(
  box: SecretBox,
  partner: PartnerId,
  endpoint: string,
  sealed: string,
): string {
  return box.open(sealed, toSecretPlace(partner, endpoint));
}

/** An event on its way to an endpoint, before its first attempt. */
export interface NewDelivery {
  readonly endpoint: string;
  readonly event: string;
  readonly subscription: string | null;
  /** The event's place in the partner's total order. */
  readonly position: number;
  readonly nextAttemptAt: Instant;
}

/** Queues deliveries. An event is placed, and so queued, once. */
export async function insertDeliveries(
  tx: Transaction,
  partner: PartnerId,
  deliveries: readonly NewDelivery[],
): Promise<void> {
  await insertRows(
    tx,
    "webhook_deliveries",
    deliveries.map((delivery) => ({
      partner,
      endpoint: delivery.endpoint,
      event: delivery.event,
      subscription: delivery.subscription,
      position: delivery.position,
      status: "pending",
      attempt_count: 0,
      next_attempt_at: delivery.nextAttemptAt,
    })),
  );
}

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

function toEndpoint(row: Selectable<WebhookEndpointTable>): WebhookEndpoint {
  return {
    id: row.id,
    url: row.url,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row was written from an endpoint
    eventTypes: JSON.parse(row.event_types) as string[],
    description: row.description ?? "",
    isEnabled: row.is_enabled === 1,
    createdAt: toInstant(row.created_at),
  };
}

function toSecretPlace(partner: PartnerId, endpoint: string): string {
  return `webhook_endpoints/${partner}/${endpoint}`;
}
