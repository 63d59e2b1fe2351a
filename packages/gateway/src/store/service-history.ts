import {
  toCustomerId,
  toInstant,
  toSubscriptionId,
  type CustomerId,
  type Instant,
  type PastState,
  type ReportSpan,
  type SubscriptionId,
} from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { isClockEntry } from "./audit-log.ts";
import type { Reader } from "./store.ts";

/** A subscription that may have been in service in a month, and whose it is. */
export interface Candidate {
  readonly id: SubscriptionId;
  readonly externalId: string | null;
  readonly version: number;
  /** When something falls due for it next; null: nothing ever will by itself. */
  readonly dueAt: Instant | null;
  readonly customer: {
    readonly id: CustomerId;
    readonly externalId: string | null;
    readonly name: string;
  };
}

/** Where a walk through a partner's subscriptions has come to: they are read customer by customer. */
export interface CandidatePlace {
  readonly customer: string;
  readonly subscription: string;
}

/** Subscriptions that existed in a month and had not stopped before it, from a place on (that place itself included, if `isIncluded`). */
export async function listCandidates(
  db: Reader,
  partner: PartnerId,
  { startsAt, endsAt }: ReportSpan,
  from: {
    readonly customer?: string | undefined;
    readonly place: CandidatePlace | null;
    readonly isIncluded: boolean;
  },
  limit: number,
): Promise<readonly Candidate[]> {
  let query = db
    .selectFrom("subscriptions as held")
    .innerJoin("customers", (join) =>
      join
        .onRef("customers.partner", "=", "held.partner")
        .onRef("customers.id", "=", "held.customer"),
    )
    .select([
      "held.id",
      "held.external_id",
      "held.version",
      "held.due_at",
      "held.customer",
      "customers.name as customer_name",
      "customers.external_id as customer_external_id",
    ])
    .where("held.partner", "=", partner)
    .where("held.created_at", "<", endsAt)
    // What is stopped and was so before has not been taken up again since.
    .where((where) =>
      where.or([
        where("held.status", "not in", ["canceled", "expired"]),
        where("held.stopped_at", ">=", startsAt),
      ]),
    );
  if (from.customer !== undefined) query = query.where("held.customer", "=", from.customer);
  const { place } = from;
  if (place !== null)
    query = query.where((where) =>
      where(
        where.refTuple("held.customer", "held.id"),
        from.isIncluded ? ">=" : ">",
        where.tuple(place.customer, place.subscription),
      ),
    );
  const rows = await query.orderBy("held.customer").orderBy("held.id").limit(limit).execute();
  return rows.map((row) => ({
    id: toSubscriptionId(row.id),
    externalId: row.external_id,
    version: row.version,
    dueAt: row.due_at === null ? null : toInstant(row.due_at),
    customer: {
      id: toCustomerId(row.customer),
      externalId: row.customer_external_id,
      name: row.customer_name,
    },
  }));
}

/** So many entries of the record are in memory at once, however often a subscription was changed in its month. */
const batchSize = 2_000;

/** A past state, whose it is, and the version of the subscription in it: what happened at one instant comes in this order. */
export type RecordedState = PastState & { readonly subscription: string; readonly version: number };

/**
 * What subscriptions were in a month, by the record: for each the state that it brought along, and then every later one
 * in its order; of those of one instant the caller has to take the earlier version first.
 */
export async function* streamHistories(
  db: Reader,
  partner: PartnerId,
  subscriptions: readonly string[],
  { startsAt, endsAt }: ReportSpan,
): AsyncGenerator<readonly RecordedState[], void, void> {
  let after: { readonly subject: string; readonly at: number; readonly id: string } | null = null;
  for (;;) {
    // Materialized, as SQLite doesn't begin a search of an index with what another search has yet to find.
    let query = db
      .with(
        (cte) => cte("held").materialized(),
        (cte) =>
          cte
            .selectFrom("subscriptions as one")
            .select((select) => [
              "one.partner",
              "one.id",
              select.fn
                .coalesce(
                  select
                    .selectFrom("audit_log as earlier")
                    .select(({ fn }) => fn.max("earlier.at").as("at"))
                    .whereRef("earlier.partner", "=", "one.partner")
                    .whereRef("earlier.subject", "=", "one.id")
                    .where("earlier.at", "<", startsAt),
                  select.val<number>(startsAt),
                )
                .as("from_at"),
            ])
            .where("one.partner", "=", partner)
            .where("one.id", "in", subscriptions),
      )
      .selectFrom("held")
      .innerJoin("audit_log as entry", (join) =>
        join
          .onRef("entry.partner", "=", "held.partner")
          .onRef("entry.subject", "=", "held.id")
          .onRef("entry.at", ">=", "held.from_at")
          .on("entry.at", "<", endsAt),
      )
      .select([
        "entry.subject",
        "entry.at",
        "entry.id",
        "entry.actor",
        "entry.api_key",
        "entry.request_id",
        "entry.after",
      ]);
    if (after !== null) {
      const { subject, at, id } = after;
      query = query.where((where) =>
        where(
          where.refTuple("entry.subject", "entry.at", "entry.id"),
          ">",
          where.tuple(subject, at, id),
        ),
      );
    }
    const rows = await query
      .orderBy("entry.subject")
      .orderBy("entry.at")
      .orderBy("entry.id")
      .limit(batchSize)
      .execute();
    if (rows.length > 0) yield rows.map(toState);
    const last = rows.at(-1);
    if (last === undefined || rows.length < batchSize) return;
    after = last;
  }
}

function toState(row: {
  readonly subject: string;
  readonly at: number;
  readonly api_key: string | null;
  readonly request_id: string | null;
  readonly actor: string;
  readonly after: string | null;
}): RecordedState {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a subscription's entries hold it as it is answered
  const { status, product, quantity, version } = JSON.parse(row.after ?? "{}") as Pick<
    RecordedState,
    "status" | "product" | "quantity" | "version"
  >;
  return {
    subscription: row.subject,
    at: toInstant(row.at),
    by: isClockEntry(row) ? "clock" : "command",
    version,
    status,
    product,
    quantity,
  };
}
