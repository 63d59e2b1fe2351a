import { toInstant, type Instant } from "@evergate/core";
import type { Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import { lockEventPosition } from "./events.ts";
import { insertQueue } from "./webhook-queues.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { WebhookEndpointTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

/** Where a partner has its events delivered. Its secret never leaves the store but sealed. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  readonly eventTypes: readonly string[];
  readonly description: string;
  readonly isEnabled: boolean;
  /** At most so many deliveries in flight; null: as many as the gateway gives by default. */
  readonly concurrency: number | null;
  readonly ordering: DeliveryOrdering;
  readonly createdAt: Instant;
}

/** What waits for what: the events of one subscription for each other, or every event for the one before. */
export type DeliveryOrdering = "subscription" | "fifo";

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
      concurrency: endpoint.concurrency,
      ordering: endpoint.ordering,
      deleted_at: null,
      secret: box.seal(secret, toSecretPlace(partner, endpoint.id)),
      created_at: endpoint.createdAt,
    })
    .execute();
  await insertQueue(tx, partner, endpoint.id, endpoint.isEnabled);
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
      concurrency: endpoint.concurrency,
      ordering: endpoint.ordering,
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

/** Deletes an endpoint with its queue, deliveries and attempts. It waits for a fan-out that may just be making deliveries for it. */
export async function deleteEndpoint(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  id: string,
): Promise<void> {
  await lockEventPosition(tx, dialect, partner);
  for (const table of ["webhook_attempts", "webhook_deliveries", "webhook_queues"] as const)
    await tx.deleteFrom(table).where("partner", "=", partner).where("endpoint", "=", id).execute();
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

/** The endpoints that new events are queued for, those that are off included: what happens meanwhile waits for them. */
export async function listReceivingEndpoints(
  tx: Transaction,
  partner: PartnerId,
): Promise<readonly WebhookEndpoint[]> {
  const rows = await tx
    .selectFrom("webhook_endpoints")
    .selectAll()
    .where("partner", "=", partner)
    .where("deleted_at", "is", null)
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

function toEndpoint(row: Selectable<WebhookEndpointTable>): WebhookEndpoint {
  return {
    id: row.id,
    url: row.url,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the row was written from an endpoint
    eventTypes: JSON.parse(row.event_types) as string[],
    description: row.description ?? "",
    isEnabled: row.is_enabled === 1,
    concurrency: row.concurrency,
    ordering: row.ordering === "fifo" ? "fifo" : "subscription",
    createdAt: toInstant(row.created_at),
  };
}

function toSecretPlace(partner: PartnerId, endpoint: string): string {
  return `webhook_endpoints/${partner}/${endpoint}`;
}
