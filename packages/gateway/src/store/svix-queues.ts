/** How far each partner's events have been handed to Svix, what it has not accepted, and which process is at it. */
import type { Instant } from "@evergate/core";
import { sql } from "kysely";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { laneOf } from "./events.ts";
import { insertRows } from "./insert-rows.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";
import { leaseClock } from "./webhook-leases.ts";
import { isDueSql } from "./waits.ts";

/** An event that is to be handed to Svix. */
export interface SvixEvent {
  readonly id: string;
  readonly type: string;
  readonly position: number;
  /** Events of one lane are handed over one after the other. */
  readonly lane: string;
  /** The envelope's very text. */
  readonly payload: string;
  /** How often it was tried before. */
  readonly attemptCount: number;
}

/** A partner that this process, and no other, hands over events of. */
export interface SvixQueue {
  readonly partner: PartnerId;
  /** Every event up to this place was accepted or is held. */
  readonly position: number;
}

/**
 * Begins handing over in this database: partners that are here already begin with what comes from now on, later ones
 * with their first event. Does nothing where it was begun before.
 */
export async function beginSvix(tx: Transaction, now: Instant): Promise<void> {
  const begun = await tx
    .insertInto("svix_beginnings")
    .values({ operator: "operator", begun_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (begun.numInsertedOrUpdatedRows === 0n) return;
  await sql`
    insert into svix_queues (partner, position, served_at)
    select id, event_position, 0 from partners`.execute(tx);
}

/** Partners that have events for Svix and that nobody serves, those that have waited longest first. */
export async function listDueSvixPartners(
  db: Reader,
  dialect: Dialect,
  now: Instant,
  limit: number,
): Promise<readonly PartnerId[]> {
  const { rows } = await sql<{ id: string }>`
    select partners.id from partners left join svix_queues as queue on queue.partner = partners.id
    where (queue.lease_owner is null or queue.lease_ends_at <= ${leaseClock(dialect)})
      and (partners.event_position > coalesce(queue.position, 0) or exists (
        select 1 from svix_held_events as held where held.partner = partners.id and ${isDueSql("held.next_attempt_at", now)}))
    order by coalesce(queue.served_at, 0), partners.id limit ${limit}`.execute(db);
  return rows.map(({ id }) => toPartnerId(id));
}

/** Leases those of the partners that nobody serves. `lease` is a name that no other lease ever has. */
export async function leaseSvixQueues(
  tx: Transaction,
  dialect: Dialect,
  partners: readonly PartnerId[],
  lease: string,
  leaseMs: number,
): Promise<readonly SvixQueue[]> {
  await insertRows(
    tx,
    "svix_queues",
    partners.map((partner) => ({
      partner,
      position: 0,
      served_at: 0,
      lease_owner: null,
      lease_ends_at: null,
    })),
    { key: ["partner"], row: "stays" },
  );
  const clock = leaseClock(dialect);
  const locking = dialect === "postgres" ? sql`for update skip locked` : sql``;
  const { rows } = await sql<{ partner: string; position: number }>`
    update svix_queues as queue
    set lease_owner = ${lease}, lease_ends_at = ${clock} + cast(${leaseMs} as bigint)
    from (
      select partner as p from svix_queues
      where partner in (${sql.join(partners)}) and (lease_owner is null or lease_ends_at <= ${clock}) ${locking}
    ) as free
    where queue.partner = free.p
    returning partner, position`.execute(tx);
  return rows.map(({ partner, position }) => ({ partner: toPartnerId(partner), position }));
}

/** The leases that there are, by their names. */
export async function listSvixLeases(db: Reader): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("svix_queues")
    .select("lease_owner")
    .distinct()
    .where("lease_owner", "is not", null)
    .execute();
  return rows.flatMap((row) => row.lease_owner ?? []);
}

/** Ends a lease, of whatever partners it is. */
export async function endSvixLease(tx: Transaction, lease: string): Promise<void> {
  await tx
    .updateTable("svix_queues")
    .set({ lease_owner: null, lease_ends_at: null })
    .where("lease_owner", "=", lease)
    .execute();
}

/** The events after a place, in the partner's total order. */
export async function listEventsForSvix(
  db: Reader,
  { partner, position }: SvixQueue,
  limit: number,
): Promise<readonly SvixEvent[]> {
  const rows = await db
    .selectFrom("event_places as place")
    .innerJoin("events", (join) =>
      join.onRef("events.partner", "=", "place.partner").onRef("events.id", "=", "place.event"),
    )
    .select(["place.event as id", "place.type", "events.payload"])
    .select(["place.subscription", "place.subject"])
    .select(sql<number>`place.position`.as("position"))
    .where("place.partner", "=", partner)
    .where("place.position", ">", position)
    .orderBy("place.position")
    .limit(limit)
    .execute();
  return rows.map(({ id, type, position, payload, ...about }) => ({
    id,
    type,
    position,
    lane: laneOf({ id, ...about }),
    payload,
    attemptCount: 0,
  }));
}

/** Held events that may be tried, the lanes that have waited longest first. */
export async function listHeldEvents(
  db: Reader,
  partner: PartnerId,
  now: Instant,
  limit: number,
): Promise<readonly SvixEvent[]> {
  const rows = await db
    .selectFrom("svix_held_events as held")
    .innerJoin("events", (join) =>
      join.onRef("events.partner", "=", "held.partner").onRef("events.id", "=", "held.event"),
    )
    .select(["held.event as id", "held.position", "held.lane", "held.attempt_count"])
    .select(["events.type", "events.payload"])
    .where("held.partner", "=", partner)
    .where(isDueSql("held.next_attempt_at", now))
    // The same throughout a lane, so that each lane keeps its order.
    .orderBy("held.next_attempt_at")
    .orderBy("held.position")
    .limit(limit)
    .execute();
  return rows.map(({ attempt_count: attemptCount, id, type, position, lane, payload }) => ({
    id,
    type,
    position,
    lane,
    payload,
    attemptCount,
  }));
}

/** Of some lanes those in which events are held, and when each may be tried. */
export async function listHeldLanes(
  db: Reader,
  partner: PartnerId,
  lanes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom("svix_held_events")
    .select("lane")
    .select((select) => select.fn.max("next_attempt_at").as("next_attempt_at"))
    .where("partner", "=", partner)
    .where("lane", "in", [...lanes, ""])
    .groupBy("lane")
    .execute();
  return new Map(rows.map((row) => [row.lane, row.next_attempt_at]));
}

/** A lane from the event on that was not accepted. */
export interface HeldLane {
  readonly lane: string;
  readonly events: readonly SvixEvent[];
  readonly nextAttemptAt: number;
  /** Why its first event was not accepted; null where it was not tried. */
  readonly error: string | null;
}

/** Ends the lease and says how far the partner's events are read. False where the lease was over: then nothing may be recorded. */
export async function returnSvixQueue(
  tx: Transaction,
  { partner, position }: SvixQueue,
  lease: string,
  now: Instant,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("svix_queues")
    .set({ position, served_at: now, lease_owner: null, lease_ends_at: null })
    .where("partner", "=", partner)
    .where("lease_owner", "=", lease)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Holds events that were read for the first time. */
export async function insertHeldEvents(
  tx: Transaction,
  partner: PartnerId,
  lanes: readonly HeldLane[],
): Promise<void> {
  const rows = lanes.flatMap(({ lane, events, nextAttemptAt, error }) =>
    events.map((event, index) => ({
      partner,
      event: event.id,
      position: event.position,
      lane,
      attempt_count: index === 0 && error !== null ? 1 : 0,
      next_attempt_at: nextAttemptAt,
      error: index === 0 ? error : null,
    })),
  );
  await insertRows(tx, "svix_held_events", rows);
}

/** Has lanes wait once more; what was not tried is not changed. */
export async function updateHeldLanes(
  tx: Transaction,
  partner: PartnerId,
  lanes: readonly HeldLane[],
): Promise<void> {
  for (const { lane, events, nextAttemptAt, error } of lanes) {
    const position = events[0]?.position;
    if (error === null || position === undefined) continue;
    await tx
      .updateTable("svix_held_events")
      .set({ next_attempt_at: nextAttemptAt })
      .where("partner", "=", partner)
      .where("lane", "=", lane)
      .execute();
    await tx
      .updateTable("svix_held_events")
      .set({ attempt_count: sql<number>`attempt_count + 1`, error })
      .where("partner", "=", partner)
      .where("position", "=", position)
      .execute();
  }
}

/** Forgets held events that were accepted. */
export async function deleteHeldEvents(
  tx: Transaction,
  partner: PartnerId,
  events: readonly SvixEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await tx
    .deleteFrom("svix_held_events")
    .where("partner", "=", partner)
    .where(
      "position",
      "in",
      events.map(({ position }) => position),
    )
    .execute();
}

/** What waits for Svix, of all partners. */
export interface SvixBacklog {
  readonly waiting: number;
  /** Of the event that was refused last: what Svix said, and of which event; null where none was refused. */
  readonly refused: { readonly event: string; readonly error: string } | null;
}

/** Counts what waits for Svix; null where nothing was ever handed to it. */
export async function findSvixBacklog(db: Reader): Promise<SvixBacklog | null> {
  const begun = await db.selectFrom("svix_beginnings").select("operator").executeTakeFirst();
  if (begun === undefined) return null;
  const { rows } = await sql<{ waiting: number }>`
    select cast((select count(*) from svix_held_events) + coalesce(sum(partners.event_position - coalesce(queue.position, 0)), 0) as bigint) as waiting
    from partners left join svix_queues as queue on queue.partner = partners.id`.execute(db);
  const refused = await db
    .selectFrom("svix_held_events")
    .select(["event", "error"])
    .where("error", "is not", null)
    .orderBy("next_attempt_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return {
    waiting: rows[0]?.waiting ?? 0,
    refused: refused === undefined ? null : { event: refused.event, error: refused.error ?? "" },
  };
}
