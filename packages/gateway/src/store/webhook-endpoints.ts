import { toInstant, type Instant } from "@evergate/core";
import { sql, type Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import { lockEventPosition } from "./events.ts";
import { givenRows } from "./given-rows.ts";
import { insertQueue } from "./webhook-queues.ts";
import { listEnds, sealHeaders, sealSecret, type SealedSending } from "./webhook-secrets.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { WebhookEndpointTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";
import { firstDue } from "./waits.ts";
import type { QueueKey } from "./webhook-leases.ts";

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
  readonly filters: EventFilters;
  /** When each of the owner's own headers was set, by their names. Their values are sealed. */
  readonly headersSetAt: Readonly<Record<string, Instant>>;
  readonly payload: "full" | "thin";
  /** Whether it has to prove that it has its secret before anything is delivered. */
  readonly isChallenged: boolean;
  /** When it last proved that it has its present secret, at its present URL. */
  readonly verifiedAt: Instant | null;
  readonly secretSetAt: Instant;
  /** When each earlier secret ends, or has ended, the first first. */
  readonly previousSecretsEndAt: readonly Instant[];
  /** Whether its deliveries are signed with the gateway's own keys too (`v1a`). */
  readonly isSignedByGateway: boolean;
  /** Of which events it owes receipts; null: of none. */
  readonly receipts: ReceiptTerms | null;
  readonly createdAt: Instant;
}

/** Of which of its events an endpoint is to report that they were applied, and in what time. */
export interface ReceiptTerms {
  readonly eventTypes: readonly string[];
  readonly within: { readonly minutes: number };
}

/** What is left out of the events of the types that an endpoint asks for. */
export interface EventFilters {
  /** The products that an event has to be about, if it is about one; null: all. */
  readonly products: readonly string[] | null;
  /** The mode that the partner has to have; null: either. */
  readonly mode: "live" | "sandbox" | null;
}

/** What waits for what: the events of one subscription for each other, or every event for the one before. */
export type DeliveryOrdering = "subscription" | "fifo";

/** Whether events go out to it now, as far as its owner is concerned; if not, they wait. */
export function isReceiving(
  endpoint: Pick<WebhookEndpoint, "isEnabled" | "isChallenged" | "verifiedAt">,
): boolean {
  return endpoint.isEnabled && !owesProof(endpoint);
}

/** Whether it has to prove that it has its secret before anything more is sent to it. */
export function owesProof(endpoint: Pick<WebhookEndpoint, "isChallenged" | "verifiedAt">): boolean {
  return endpoint.isChallenged && endpoint.verifiedAt === null;
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
    .where("deleted_at", "is", null)
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
    .where("id", "=", id)
    .where("deleted_at", "is", null);
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
    .where("deleted_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Stores an endpoint; its secret and headers are sealed under the gateway's key and bound to this endpoint. */
export async function insertEndpoint(
  tx: Transaction,
  box: SecretBox,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
  secret: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  await tx
    .insertInto("webhook_endpoints")
    .values({
      partner,
      id: endpoint.id,
      ...toColumns(endpoint),
      headers: sealHeaders(box, partner, endpoint.id, headers),
      deleted_at: null,
      secret: sealSecret(box, partner, endpoint.id, secret),
      secret_set_at: endpoint.secretSetAt,
      previous_secrets: "[]",
      created_at: endpoint.createdAt,
    })
    .execute();
  await insertQueue(tx, partner, endpoint.id, isReceiving(endpoint));
}

/** Saves what can change of an endpoint, its secrets and the values of its headers aside. */
export async function updateEndpoint(
  tx: Transaction,
  partner: PartnerId,
  endpoint: WebhookEndpoint,
): Promise<void> {
  await tx
    .updateTable("webhook_endpoints")
    .set(toColumns(endpoint))
    .where("partner", "=", partner)
    .where("id", "=", endpoint.id)
    .execute();
}

function toColumns(endpoint: WebhookEndpoint) {
  return {
    url: endpoint.url,
    description: endpoint.description,
    event_types: JSON.stringify(endpoint.eventTypes),
    is_enabled: endpoint.isEnabled ? 1 : 0,
    concurrency: endpoint.concurrency,
    ordering: endpoint.ordering,
    signatures: endpoint.isSignedByGateway ? "v1,v1a" : "v1",
    products: endpoint.filters.products === null ? null : JSON.stringify(endpoint.filters.products),
    mode: endpoint.filters.mode,
    headers_set_at: JSON.stringify(endpoint.headersSetAt),
    payload: endpoint.payload,
    is_challenged: endpoint.isChallenged ? 1 : 0,
    verified_at: endpoint.verifiedAt,
    receipts: endpoint.receipts === null ? null : JSON.stringify(endpoint.receipts),
  };
}

export async function listEndpoints(
  db: Reader,
  partner: PartnerId,
  page: PageRequest,
): Promise<Page<WebhookEndpoint>> {
  return listNewestFirst(
    db
      .selectFrom("webhook_endpoints")
      .selectAll()
      .where("partner", "=", partner)
      .where("deleted_at", "is", null),
    "wh",
    page,
    toEndpoint,
  );
}

/** The ids of a partner's endpoints: few, as there is a limit to them. */
export async function listEndpointIds(db: Reader, partner: PartnerId): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("webhook_endpoints")
    .select("id")
    .where("partner", "=", partner)
    .where("deleted_at", "is", null)
    .execute();
  return rows.map(({ id }) => id);
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

/** An endpoint as whoever serves it needs it, and where its queue stands. */
export interface ServedEndpoint extends WebhookEndpoint {
  readonly partner: PartnerId;
  /** What is signed and sent with, sealed as it is stored. */
  readonly sealed: SealedSending;
  /** The lowest number of which no attempt has been made; null: there is none. */
  readonly firstFresh: number | null;
  /** When the first of those is due that failed before; null: there is none. */
  readonly nextRetryAt: Instant | null;
}

/** The endpoints of some queues; those that are deleted are not among them. */
export async function listServedEndpoints(
  db: Reader,
  dialect: Dialect,
  keys: readonly QueueKey[],
  now: Instant,
): Promise<readonly ServedEndpoint[]> {
  if (keys.length === 0) return [];
  const wanted = givenRows(
    dialect,
    keys.map(({ partner, endpoint }) => [partner, endpoint]),
    ["text", "text"],
  );
  const { rows } = await sql<
    Selectable<WebhookEndpointTable> & {
      readonly partner: PartnerId;
      readonly first_fresh: number | null;
      readonly next_retry_at: number | null;
      readonly last_retry_at: number | null;
    }
  >`
    select endpoint.*,
      (select min(sequence) from webhook_deliveries as delivery where delivery.partner = endpoint.partner
        and delivery.endpoint = endpoint.id and delivery.status = 'pending' and delivery.attempt_count = 0) as first_fresh,
      (select min(next_attempt_at) from webhook_deliveries as delivery where delivery.partner = endpoint.partner
        and delivery.endpoint = endpoint.id and delivery.status = 'pending' and delivery.attempt_count > 0) as next_retry_at,
      (select max(next_attempt_at) from webhook_deliveries as delivery where delivery.partner = endpoint.partner
        and delivery.endpoint = endpoint.id and delivery.status = 'pending' and delivery.attempt_count > 0) as last_retry_at
    from ${wanted} as wanted ${sql.raw(dialect === "sqlite" ? "cross join" : "join")} webhook_endpoints as endpoint
      on endpoint.partner = wanted.c0 and endpoint.id = wanted.c1
    where endpoint.deleted_at is null`.execute(db);
  return rows.map((row) =>
    Object.assign(toEndpoint(row), {
      partner: row.partner,
      sealed: {
        secret: row.secret,
        previous_secrets: row.previous_secrets,
        headers: row.headers,
      },
      firstFresh: row.first_fresh,
      nextRetryAt: firstDue(row.next_retry_at, row.last_retry_at, now),
    }),
  );
}

/* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written from an endpoint */
function toEndpoint(row: Selectable<WebhookEndpointTable>): WebhookEndpoint {
  return {
    id: row.id,
    url: row.url,
    eventTypes: JSON.parse(row.event_types) as string[],
    description: row.description ?? "",
    isEnabled: row.is_enabled === 1,
    concurrency: row.concurrency,
    ordering: row.ordering === "fifo" ? "fifo" : "subscription",
    filters: {
      products: row.products === null ? null : (JSON.parse(row.products) as string[]),
      mode: row.mode as EventFilters["mode"],
    },
    headersSetAt: JSON.parse(row.headers_set_at) as Record<string, Instant>,
    payload: row.payload === "thin" ? "thin" : "full",
    isChallenged: row.is_challenged === 1,
    verifiedAt: row.verified_at === null ? null : toInstant(row.verified_at),
    secretSetAt: toInstant(row.secret_set_at),
    previousSecretsEndAt: listEnds(row.previous_secrets),
    isSignedByGateway: isSignedByGateway(row.signatures),
    receipts: row.receipts === null ? null : (JSON.parse(row.receipts) as ReceiptTerms),
    createdAt: toInstant(row.created_at),
  };
}
/* oxlint-enable typescript/no-unsafe-type-assertion */

/** What the column says of the gateway's own signature. */
export function isSignedByGateway(signatures: string): boolean {
  return signatures.includes("v1a");
}
