import { setImmediate as endOfPhase } from "node:timers/promises";
import {
  advance,
  finishServiceTally,
  startServiceTally,
  tallyState,
  toInstant,
  type Context,
  type PastState,
  type ReportSpan,
  type ServiceReport,
  type ServiceTally,
  type Subscription,
} from "@evergate/core";
import type { Partner } from "../store/partners.ts";
import {
  listCandidates,
  streamHistories,
  type Candidate,
  type CandidatePlace,
  type RecordedState,
} from "../store/service-history.ts";
import type { Reader } from "../store/store.ts";
import { listSubscriptionsById } from "../store/subscriptions.ts";
import { loadContext } from "../subscriptions/load-context.ts";

/** So many subscriptions are worked on at once: a few milliseconds, after which it is others' turn. */
const largestBatch = 100;

/** A subscription's month, and whose it is. */
export interface ReportedSubscription extends Pick<Candidate, "id" | "externalId" | "customer"> {
  readonly report: ServiceReport;
}

/** Which of a partner's subscriptions are reported, and from where on. */
export interface ReportExtent {
  readonly customer?: string | undefined;
  /** The subscription at which to begin; null: the first of all. */
  readonly from: CandidatePlace | null;
  /** How many are wanted, where that is known. */
  readonly wanted?: number;
}

/**
 * Reports a partner's month (R25), customer by customer, batch by batch: its memory is that of one batch, however many
 * subscriptions there are. A batch may be empty, where nothing in it was in service.
 */
export async function* reportMonth(
  db: Reader,
  partner: Partner,
  span: ReportSpan,
  { customer, from, wanted = largestBatch }: ReportExtent,
): AsyncGenerator<readonly ReportedSubscription[], void, void> {
  const batchSize = Math.min(wanted, largestBatch);
  let place = from;
  let isIncluded = true;
  for (;;) {
    const batch = await listCandidates(
      db,
      partner.id,
      span,
      { customer, place, isIncluded },
      batchSize,
    );
    if (batch.length > 0) yield await reportBatch(db, partner, span, batch);
    const last = batch.at(-1);
    if (last === undefined || batch.length < batchSize) return;
    place = { customer: last.customer.id, subscription: last.id };
    isIncluded = false;
    await endOfPhase();
  }
}

async function reportBatch(
  db: Reader,
  partner: Partner,
  span: ReportSpan,
  batch: readonly Candidate[],
): Promise<readonly ReportedSubscription[]> {
  const tallies = await tallyRecord(db, partner, span, batch);
  await tallyWhatIsDue(db, partner, span, batch, tallies);
  return batch.flatMap((candidate) => {
    const tally = tallies.get(candidate.id);
    const report = tally === undefined ? null : finishServiceTally(tally);
    return report === null ? [] : [{ ...candidate, report }];
  });
}

/** Counts what the record tells. */
async function tallyRecord(
  db: Reader,
  partner: Partner,
  span: ReportSpan,
  batch: readonly Pick<Candidate, "id">[],
): Promise<Map<string, ServiceTally>> {
  const ids = batch.map(({ id }) => id);
  const tallies = new Map<string, ServiceTally>(ids.map((id) => [id, startServiceTally(span)]));
  // Entries of one instant wait for each other: their ids are only as good as the clocks of the processes that wrote them.
  let waiting: RecordedState[] = [];
  const countWaiting = (): void => {
    for (const state of waiting.toSorted((one, other) => one.version - other.version)) {
      const tally = tallies.get(state.subscription);
      if (tally !== undefined) tallyState(tally, state);
    }
    waiting = [];
  };
  for await (const states of streamHistories(db, partner.id, ids, span)) {
    for (const state of states) {
      const [first] = waiting;
      if (first?.subscription !== state.subscription || first.at !== state.at) countWaiting();
      waiting.push(state);
    }
  }
  countWaiting();
  return tallies;
}

/**
 * Counts, too, what was due in the span and has not been carried out yet: late is the same as on time (R3). Where the
 * clockwork has moved a subscription on while its record was being read, both are read again: nothing counts twice.
 */
async function tallyWhatIsDue(
  db: Reader,
  partner: Partner,
  span: ReportSpan,
  batch: readonly Candidate[],
  tallies: Map<string, ServiceTally>,
): Promise<void> {
  let late = batch.filter(({ dueAt }) => dueAt !== null && dueAt < span.endsAt);
  while (late.length > 0) {
    const ids = late.map(({ id }) => id);
    const now = new Map(
      (await listSubscriptionsById(db, partner.id, ids)).map((one) => [one.id, one]),
    );
    const moved: Candidate[] = [];
    const context = await loadContext(db, partner, [...now.values()]);
    for (const candidate of late) {
      const current = now.get(candidate.id);
      const tally = tallies.get(candidate.id);
      if (current === undefined || tally === undefined) continue;
      if (current.version !== candidate.version)
        moved.push({ ...candidate, version: current.version });
      else for (const state of foresee(current, span, context)) tallyState(tally, state);
    }
    if (moved.length > 0)
      for (const [id, tally] of await tallyRecord(db, partner, span, moved)) tallies.set(id, tally);
    late = moved;
  }
}

/** What the clock will make of a subscription within the span. */
function foresee(
  subscription: Subscription,
  { endsAt }: ReportSpan,
  context: Context,
): readonly PastState[] {
  return advance(subscription, toInstant(endsAt - 1), context).facts.map(
    ({ at, after: { status, product, quantity } }) => ({
      at,
      by: "clock",
      status,
      product,
      quantity,
    }),
  );
}
