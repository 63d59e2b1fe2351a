import { advance, nextDueAt, toInstant, type Instant, type Subscription } from "@evergate/core";
import type { Services } from "../app/world.ts";
import { placeAllEvents } from "../events/place-events.ts";
import type { PartnerId } from "../ids.ts";
import { announceEnds } from "../prepaid/announce-ends.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { noteMoved, openSettlement, settleNext } from "../settlement/settle-month.ts";
import { claimPartner, findPartner, updatePartnerClock, type Partner } from "../store/partners.ts";
import { noteSettlementFailure } from "../store/settlements.ts";
import type { Store, Transaction } from "../store/store.ts";
import { findNextDue, lockDueSubscriptions } from "../store/subscriptions.ts";
import { loadContext } from "../subscriptions/load-context.ts";
import { saveProgress } from "../subscriptions/save-progress.ts";

/** So many subscriptions move on in one transaction, which keeps it near 20 ms. */
const chunkSize = 200;

/** As much of an error's message as the contract lets a settlement show. */
const maximumFailureLength = 1_000;

/**
 * - `done`: everything due at or before the instant has been carried out.
 * - `more`: some of it has, and there is more.
 * - `busy`: another process is at it.
 */
export type CatchUpResult = "done" | "more" | "busy";

/**
 * Carries out all that is due for a partner at or before `until`, in order of its due time (R2): subscriptions move on,
 * months are settled. Works in short transactions, and goes on where it was interrupted: it asks what is due and
 * not done, never what day it is (R3). Leaves off after `maximumSteps` of them, for another's turn.
 */
export async function catchUp(
  { store, sealer, now }: Pick<Services, "store" | "sealer" | "now">,
  partner: PartnerId,
  until: Instant,
  maximumSteps: number = Infinity,
): Promise<CatchUpResult> {
  try {
    for (let count = 0; count < maximumSteps; count++) {
      const result = await store.transaction((tx) =>
        carryOutNext(tx, store, sealer, partner, until, now()),
      );
      if (result !== "more") return result;
    }
    return "more";
  } catch (error) {
    // Where the database is gone this can't be noted either; then that is what the caller hears.
    await noteFailure(store, partner, error).catch(() => {});
    throw error;
  }
}

/** A settlement that fails says so, for whoever asks how far it is. */
async function noteFailure(store: Store, id: PartnerId, error: unknown): Promise<void> {
  const translated = store.translate(error);
  const failure = (translated instanceof Error ? translated.message : String(translated)).slice(
    0,
    maximumFailureLength,
  );
  await store.transaction(async (tx) => {
    const partner = await findPartner(tx, id);
    if (partner !== undefined)
      await noteSettlementFailure(tx, id, partner.settlementMonth, failure);
  });
}

async function carryOutNext(
  tx: Transaction,
  store: Store,
  sealer: Sealer,
  id: PartnerId,
  until: Instant,
  systemNow: Instant,
): Promise<CatchUpResult> {
  const partner = await claimPartner(tx, store.dialect, id);
  if (partner === undefined) return "busy";
  // What was ordered before comes before it in the order of events, whatever the ids say: clocks of processes differ.
  await placeAllEvents(tx, store.dialect, id, systemNow);
  const reachedAt = await carryOut(tx, store, sealer, partner, until, systemNow);
  if (reachedAt !== null) {
    await updatePartnerClock(tx, id, { clockAt: later(partner.clockAt, reachedAt) });
    await placeAllEvents(tx, store.dialect, id, systemNow);
    return "more";
  }
  if (partner.mode === "sandbox") await arrive(tx, partner, until);
  return "done";
}

/** Carries out the next of what is due, and answers the instant up to which all is done by that; null where nothing is due. */
async function carryOut(
  tx: Transaction,
  store: Store,
  sealer: Sealer,
  partner: Partner,
  until: Instant,
  systemNow: Instant,
): Promise<Instant | null> {
  const next = await findNextDue(tx, partner.id);
  const { settlementDueAt } = partner;
  const isMonthOver = settlementDueAt <= until;
  // Subscriptions don't move past a notice, nor a notice past the month's end: events come in order of their due time.
  const monthGoal = isMonthOver ? settlementDueAt : until;
  const goal = next.notice !== null && next.notice < monthGoal ? next.notice : monthGoal;
  if (next.subscription !== null && next.subscription <= goal) {
    const run = isMonthOver ? await openSettlement(tx, partner, systemNow) : null;
    const moved = await moveSubscriptions(tx, store, sealer, partner, goal, systemNow);
    if (run !== null) await noteMoved(tx, run, moved.count);
    return moved.horizon;
  }
  if (next.notice !== null && next.notice <= monthGoal) {
    await announceEnds(tx, partner, next.notice);
    return next.notice;
  }
  if (!isMonthOver) return null;
  return (await settleNext(tx, sealer, partner, systemNow)) ? settlementDueAt : partner.clockAt;
}

/** A sandbox's clock has come to `until`; its goal, unless another request has set a later one, is reached. */
async function arrive(
  tx: Transaction,
  { id, clockAt, clockTargetAt }: Partner,
  until: Instant,
): Promise<void> {
  const isGoalReached = clockTargetAt !== null && clockTargetAt <= until;
  if (clockAt >= until && !isGoalReached) return;
  await updatePartnerClock(tx, id, {
    clockAt: later(clockAt, until),
    ...(isGoalReached ? { clockTargetAt: null } : {}),
  });
}

/** Moves a chunk of subscriptions on, and answers how many, and the instant up to which nothing of the partner is due any more. */
async function moveSubscriptions(
  tx: Transaction,
  store: Store,
  sealer: Sealer,
  partner: Partner,
  until: Instant,
  systemNow: Instant,
): Promise<{ readonly count: number; readonly horizon: Instant }> {
  const chunk = await lockDueSubscriptions(tx, store.dialect, partner.id, until, chunkSize);
  const horizon = findHorizon(chunk, partner, until);
  const due = chunk
    .filter((subscription) => dueAt(subscription, partner) <= horizon)
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
  const context = await loadContext(tx, partner, due);
  const progressions = due.map((subscription) => {
    const { subscription: moved, facts } = advance(subscription, horizon, context);
    return { subscription: moved, clockFacts: facts, commandFacts: [] };
  });
  await saveProgress(tx, sealer, partner, progressions, null, systemNow);
  return { count: due.length, horizon };
}

/**
 * How far a chunk may move on. Beyond a full one others may be due at the same instant as its last, earlier than what
 * these come to next: it stops just before that instant, so that everybody's events of one instant are made together,
 * in the order of the subscriptions, however large the steps are (R3).
 */
function findHorizon(chunk: readonly Subscription[], partner: Partner, until: Instant): Instant {
  const [first] = chunk;
  const last = chunk.at(-1);
  if (first === undefined || last === undefined || chunk.length < chunkSize) return until;
  const [firstDueAt, lastDueAt] = [dueAt(first, partner), dueAt(last, partner)];
  return firstDueAt < lastDueAt ? toInstant(lastDueAt - 1) : lastDueAt;
}

function dueAt(subscription: Subscription, partner: Partner): Instant {
  const at = nextDueAt(subscription, partner.terms);
  if (at === null)
    throw new Error(`${subscription.id} was found due, but nothing of it falls due.`);
  return at;
}

function later(one: Instant, other: Instant): Instant {
  return one > other ? one : other;
}
