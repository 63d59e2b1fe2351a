/** Deliveries that are made once more, step by step. How far it has come is stored with what was done. */
import { toInstant, type Instant } from "@evergate/core";
import type { Selectable } from "kysely";
import { toPartnerId, type PartnerId } from "../ids.ts";
import type { Range } from "../webhooks/replay/ranges.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { WebhookReplayTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

export type ReplayStatus = "counting" | "running" | "completed" | "canceled";

/** What is delivered once more: what was given up, all that the endpoint wants, or the numbers that a receiver misses. */
export type ReplaySelection = "failed" | "all" | "missing";

export interface WebhookReplay {
  readonly id: string;
  readonly endpoint: string;
  readonly status: ReplayStatus;
  readonly selection: ReplaySelection;
  /** Only what was handed to the endpoints from then on, in real time. */
  readonly since: Instant | null;
  readonly until: Instant | null;
  readonly eventTypes: readonly string[] | null;
  /** The numbers that are missing; null unless that is the selection, and once the replay is over. */
  readonly ranges: readonly Range[] | null;
  /**
   * It goes through places, each once, first to count and then to deliver: those after `startsAfter` and up to
   * `lastPlace`. Places of `all` are those of events in the partner's total order, else the endpoint's numbers.
   */
  readonly startsAfter: number;
  readonly lastPlace: number;
  /** The last place that it has been through. */
  readonly reached: number;
  /** Whether all have been counted. */
  readonly isCounted: boolean;
  /** How many deliveries it is about, as far as they have been counted. */
  readonly count: number;
  readonly done: number;
  readonly added: number;
  readonly createdAt: Instant;
  readonly finishedAt: Instant | null;
}

/** Stores a new replay. A second one of the endpoint that is not over violates a unique key. */
export async function insertReplay(
  tx: Transaction,
  partner: PartnerId,
  replay: WebhookReplay,
): Promise<void> {
  await tx
    .insertInto("webhook_replays")
    .values({
      partner,
      id: replay.id,
      endpoint: replay.endpoint,
      selection: replay.selection,
      since: replay.since,
      until: replay.until,
      event_types: replay.eventTypes === null ? null : JSON.stringify(replay.eventTypes),
      starts_after: replay.startsAfter,
      last_place: replay.lastPlace,
      created_at: replay.createdAt,
      ...toProgress(replay),
    })
    .execute();
}

/** Saves how far a replay has come. */
export async function updateReplay(
  tx: Transaction,
  partner: PartnerId,
  replay: WebhookReplay,
): Promise<void> {
  await tx
    .updateTable("webhook_replays")
    .set(toProgress(replay))
    .where("partner", "=", partner)
    .where("id", "=", replay.id)
    .execute();
}

function toProgress(replay: WebhookReplay) {
  return {
    status: replay.status,
    ranges: replay.ranges === null ? null : JSON.stringify(replay.ranges),
    reached: replay.reached,
    is_counted: replay.isCounted ? 1 : 0,
    count: replay.count,
    done: replay.done,
    added: replay.added,
    finished_at: replay.finishedAt,
  };
}

export async function findReplay(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  id: string,
): Promise<WebhookReplay | undefined> {
  const row = await select(db, partner, id).where("endpoint", "=", endpoint).executeTakeFirst();
  return row && toReplay(row);
}

/** A replay that goes no further until the transaction ends. */
export async function lockReplay(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  endpoint: string,
  id: string,
): Promise<WebhookReplay | undefined> {
  const query = select(tx, partner, id).where("endpoint", "=", endpoint);
  const row = await (dialect === "postgres" ? query.forUpdate() : query).executeTakeFirst();
  return row && toReplay(row);
}

/** A replay for its next step; undefined where it is over or another process is at it. */
export async function claimReplay(
  tx: Transaction,
  dialect: Dialect,
  partner: PartnerId,
  id: string,
): Promise<WebhookReplay | undefined> {
  const query = select(tx, partner, id).where("finished_at", "is", null);
  const row = await (
    dialect === "postgres" ? query.forUpdate().skipLocked() : query
  ).executeTakeFirst();
  return row && toReplay(row);
}

function select(db: Reader, partner: PartnerId, id: string) {
  return db
    .selectFrom("webhook_replays")
    .selectAll()
    .where("partner", "=", partner)
    .where("id", "=", id);
}

/** The id of the endpoint's replay that is not over. */
export async function findUnfinishedReplay(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("webhook_replays")
    .select("id")
    .where("partner", "=", partner)
    .where("endpoint", "=", endpoint)
    .where("finished_at", "is", null)
    .executeTakeFirst();
  return row?.id;
}

export async function listReplays(
  db: Reader,
  partner: PartnerId,
  endpoint: string,
  page: PageRequest,
): Promise<Page<WebhookReplay>> {
  return listNewestFirst(
    db
      .selectFrom("webhook_replays")
      .selectAll()
      .where("partner", "=", partner)
      .where("endpoint", "=", endpoint),
    "replay",
    page,
    toReplay,
  );
}

export interface ReplayKey {
  readonly partner: PartnerId;
  readonly id: string;
}

/** Replays of all partners that are not over, in the order in which they were asked for, beginning behind `after`. */
export async function listUnfinishedReplays(
  db: Reader,
  after: string,
  limit: number,
): Promise<readonly ReplayKey[]> {
  const rows = await db
    .selectFrom("webhook_replays")
    .select(["partner", "id"])
    .where("finished_at", "is", null)
    .where("id", ">", after)
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(({ partner, id }) => ({ partner: toPartnerId(partner), id }));
}

/** Forgets replays that were over before `until`, up to `limit`; answers how many. */
export async function deleteOldReplays(
  tx: Transaction,
  until: Instant,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom("webhook_replays")
    .where((where) =>
      where(
        where.refTuple("partner", "id"),
        "in",
        where
          .selectFrom("webhook_replays")
          .select(["partner", "id"])
          .where("finished_at", "<", until)
          .orderBy("finished_at")
          .limit(limit)
          .$asTuple("partner", "id"),
      ),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written from a replay */
function toReplay(row: Selectable<WebhookReplayTable>): WebhookReplay {
  return {
    id: row.id,
    endpoint: row.endpoint,
    status: row.status as ReplayStatus,
    selection: row.selection as ReplaySelection,
    since: row.since === null ? null : toInstant(row.since),
    until: row.until === null ? null : toInstant(row.until),
    eventTypes: row.event_types === null ? null : (JSON.parse(row.event_types) as string[]),
    ranges: row.ranges === null ? null : (JSON.parse(row.ranges) as Range[]),
    startsAfter: row.starts_after,
    lastPlace: row.last_place,
    reached: row.reached,
    isCounted: row.is_counted === 1,
    count: row.count,
    done: row.done,
    added: row.added,
    createdAt: toInstant(row.created_at),
    finishedAt: row.finished_at === null ? null : toInstant(row.finished_at),
  };
}
/* oxlint-enable typescript/no-unsafe-type-assertion */
