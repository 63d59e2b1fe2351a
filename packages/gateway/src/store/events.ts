import { formatInstant, toInstant, type Instant } from "@evergate/core";
import { sql, type Selectable } from "kysely";
import { makeId, toPartnerId, type PartnerId } from "../ids.ts";
import { compileOnce } from "./compile-once.ts";
import { insertRows } from "./insert-rows.ts";
import { limitOf, UnknownCursorError, type Page, type PageRequest } from "./page.ts";
import type { EventTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

/** Something a provider must know of (R27), before it is stored. */
export interface NewEvent {
  readonly type: string;
  /** The subscription whose numbered events it belongs to; null for events of the partner itself. */
  readonly subscription: string | null;
  readonly sequence: number | null;
  readonly occurredAt: Instant;
  readonly data: object;
}

export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly subscription: string | null;
  readonly position: number | null;
  readonly occurredAt: Instant;
  /** The envelope's very text. */
  readonly payload: string;
}

/** Stores events in the transaction of their change, and answers their ids. Their place in the partner's total order is given later. */
export async function appendEvents(
  tx: Transaction,
  partner: PartnerId,
  events: readonly NewEvent[],
): Promise<readonly string[]> {
  const rows = events.map((event) => ({
    partner,
    id: makeId("evt"),
    type: event.type,
    subscription: event.subscription,
    sequence: event.sequence,
    occurred_at: event.occurredAt,
    payload: JSON.stringify({
      type: event.type,
      timestamp: formatInstant(event.occurredAt),
      data: event.data,
    }),
  }));
  await insertRows(tx, "events", rows);
  await insertRows(
    tx,
    "event_places",
    rows.map(({ id, type, subscription, sequence }, index) => ({
      partner,
      event: id,
      type,
      subscription,
      sequence,
      subject: subscription === null ? readId(events[index]?.data) : null,
      position: null,
      placed_at: null,
    })),
  );
  return rows.map(({ id }) => id);
}

/** The texts of some events, by their ids. */
export async function findEventPayloads(
  db: Reader,
  partner: PartnerId,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom("events")
    .select(["id", "payload"])
    .where("partner", "=", partner)
    .where("id", "in", ids)
    .execute();
  return new Map(rows.map(({ id, payload }) => [id, payload]));
}

/** What an event is about, where it says so. */
function readId(data: object | undefined): string | null {
  return data !== undefined && "id" in data && typeof data.id === "string" ? data.id : null;
}

const selectUnplaced = compileOnce((db, { partner }: { partner: string }) =>
  db
    .selectFrom("event_places")
    .select("event")
    .where("partner", "=", partner)
    .where("position", "is", null)
    .limit(1),
);

/** An event that waits for its place. */
export interface UnplacedEvent {
  readonly id: string;
  readonly type: string;
  readonly subscription: string | null;
  readonly sequence: number | null;
  /** What it is about, where it belongs to no subscription. */
  readonly subject: string | null;
}

/** An event with its place in the partner's total order. */
export interface PlacedEvent extends UnplacedEvent {
  readonly position: number;
}

/** Events of one lane are delivered one after the other: those of a subscription, else of whatever they are about. */
export function laneOf({
  id,
  subscription,
  subject,
}: Pick<UnplacedEvent, "id" | "subscription" | "subject">): string {
  return subscription ?? subject ?? id;
}

/** Events that have no place in the total order yet, in the order in which they were made. */
export async function listUnplacedEvents(
  tx: Transaction,
  partner: PartnerId,
  limit: number,
): Promise<UnplacedEvent[]> {
  return selectWaiting(tx, partner).orderBy("event").limit(limit).execute();
}

/** The same of some subscriptions. */
export async function listUnplacedEventsOf(
  tx: Transaction,
  partner: PartnerId,
  subscriptions: readonly string[],
): Promise<UnplacedEvent[]> {
  return selectWaiting(tx, partner)
    .where("subscription", "in", [...subscriptions, ""])
    .orderBy("event")
    .execute();
}

function selectWaiting(tx: Transaction, partner: PartnerId) {
  return tx
    .selectFrom("event_places")
    .select(["event as id", "type", "subscription", "sequence", "subject"])
    .where("partner", "=", partner)
    .where("position", "is", null);
}

export async function hasUnplacedEvents(db: Reader, partner: PartnerId): Promise<boolean> {
  const [row] = await selectUnplaced(db, { partner });
  return row !== undefined;
}

/** Partners that have events without a place. */
export async function listPartnersWithUnplacedEvents(db: Reader): Promise<string[]> {
  const rows = await db
    .selectFrom("partners")
    .select("id")
    .where((where) =>
      where.exists(
        where
          .selectFrom("event_places")
          .select("event")
          .whereRef("event_places.partner", "=", "partners.id")
          .where("position", "is", null),
      ),
    )
    .limit(1_000)
    .execute();
  return rows.map((row) => row.id);
}

/** The last place given in each partner's order of events. */
export async function listEventPositions(
  db: Reader,
  partners: readonly PartnerId[],
): Promise<{ readonly partner: PartnerId; readonly position: number }[]> {
  if (partners.length === 0) return [];
  const rows = await db
    .selectFrom("partners")
    .select(["id", "event_position"])
    .where("id", "in", partners)
    .execute();
  return rows.map((row) => ({ partner: toPartnerId(row.id), position: row.event_position }));
}

/** How far a partner's events have got their places. */
export interface EventOrder {
  readonly lastPosition: number;
  readonly lastPlacedAt: Instant;
}

/** Locks the partner's order of events and answers the last place given. */
export async function lockEventPosition(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
): Promise<EventOrder> {
  const query = selectOrder(tx, partner);
  const row = await (
    dialect === "postgres" ? query.forNoKeyUpdate() : query
  ).executeTakeFirstOrThrow();
  return { lastPosition: row.event_position, lastPlacedAt: toInstant(row.event_placed_at) };
}

/** From here on the transaction waits for nobody's locks longer than so: it fails with `RowsLockedError`. */
export async function limitLockWaits(
  tx: Transaction,
  dialect: Dialect,
  patienceMs: number,
): Promise<void> {
  if (dialect === "postgres")
    await sql`select set_config('lock_timeout', ${String(patienceMs)}, true)`.execute(tx);
}

/** The last place given by what is committed. */
export async function getLastPosition(db: Reader, partner: PartnerId): Promise<number> {
  const row = await selectOrder(db, partner).executeTakeFirstOrThrow();
  return row.event_position;
}

function selectOrder(db: Reader, partner: PartnerId) {
  return db
    .selectFrom("partners")
    .select(["event_position", "event_placed_at"])
    .where("id", "=", partner);
}

/** Gives the events their places, at an instant that is not before the one of the place before. */
export async function placeEvents(
  tx: Transaction,
  partner: PartnerId,
  places: readonly PlacedEvent[],
  { lastPosition, lastPlacedAt }: EventOrder,
): Promise<void> {
  await insertRows(
    tx,
    "event_places",
    places.map(({ id, type, subscription, sequence, subject, position }) => ({
      partner,
      event: id,
      type,
      subscription,
      sequence,
      subject,
      position,
      placed_at: lastPlacedAt,
    })),
    { key: ["partner", "event"], row: "is replaced" },
  );
  await tx
    .updateTable("partners")
    .set({ event_position: lastPosition, event_placed_at: lastPlacedAt })
    .where("id", "=", partner)
    .execute();
}

export interface EventFilter {
  readonly type?: string | undefined;
  readonly subscription?: string | undefined;
  /** Oldest first, where it says nothing. */
  readonly order?: "oldest_first" | "newest_first" | undefined;
}

/** A page of the partner's events in their total order; the cursor is an event's id. Throws {@link UnknownCursorError} for a foreign one. */
export async function listEvents(
  db: Reader,
  partner: PartnerId,
  filter: EventFilter,
  page: PageRequest,
): Promise<Page<StoredEvent>> {
  let query = selectPlaced(db, partner);
  const isNewestFirst = filter.order === "newest_first";
  if (page.after !== undefined)
    query = query.where(
      "place.position",
      isNewestFirst ? "<" : ">",
      await getPosition(db, partner, page.after),
    );
  if (filter.subscription !== undefined)
    query = query.where("place.subscription", "=", filter.subscription);
  if (filter.type !== undefined)
    query = filter.type.endsWith(".*")
      ? query
          .where("place.type", ">=", filter.type.slice(0, -1))
          .where("place.type", "<", `${filter.type.slice(0, -2)}/`)
      : query.where("place.type", "=", filter.type);
  const rows = await query
    .orderBy("place.position", isNewestFirst ? "desc" : "asc")
    .limit(limitOf(page) + 1)
    .execute();
  const shown = rows.slice(0, limitOf(page)).map(toStoredEvent);
  const last = shown.at(-1);
  return {
    data: shown,
    nextCursor: rows.length > limitOf(page) && last !== undefined ? last.id : null,
  };
}

export async function findEvent(
  db: Reader,
  partner: PartnerId,
  id: string,
): Promise<StoredEvent | undefined> {
  const row = await selectPlaced(db, partner).where("place.event", "=", id).executeTakeFirst();
  return row && toStoredEvent(row);
}

/** What has no place yet is not served yet. */
function selectPlaced(db: Reader, partner: PartnerId) {
  return db
    .selectFrom("event_places as place")
    .innerJoin("events", (join) =>
      join.onRef("events.partner", "=", "place.partner").onRef("events.id", "=", "place.event"),
    )
    .select([
      "events.id",
      "events.type",
      "events.subscription",
      "events.occurred_at",
      "events.payload",
      "place.position",
    ])
    .where("place.partner", "=", partner)
    .where("place.position", "is not", null);
}

async function getPosition(db: Reader, partner: PartnerId, id: string): Promise<number> {
  const position = (await findEvent(db, partner, id))?.position;
  if (position === undefined || position === null)
    throw new UnknownCursorError("has to be the id of one of your events");
  return position;
}

function toStoredEvent(
  row: Pick<Selectable<EventTable>, "id" | "type" | "subscription" | "occurred_at" | "payload"> & {
    readonly position: number | null;
  },
): StoredEvent {
  return {
    id: row.id,
    type: row.type,
    subscription: row.subscription,
    position: row.position,
    occurredAt: toInstant(row.occurred_at),
    payload: row.payload,
  };
}
