import { advance, nextDueAt, type Instant, type Subscription } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { settlePartnerMonth } from "../settlement/settle-partner-month.ts";
import { claimPartner, updatePartnerClock, type Partner } from "../store/partners.ts";
import type { Store, Transaction } from "../store/store.ts";
import { findNextDue, lockDueSubscriptions } from "../store/subscriptions.ts";
import { loadContext } from "../subscriptions/load-context.ts";
import { saveProgress } from "../subscriptions/save-progress.ts";

/** So many subscriptions move on in one transaction, which keeps it near 20 ms. */
const chunkSize = 200;

/**
 * - `done`: everything due at or before the instant has been carried out.
 * - `busy`: another process is at it.
 */
export type CatchUpResult = "done" | "busy";

/**
 * Carries out all that is due for a partner at or before `until`, in order of its due time (R2): subscriptions move on,
 * months are settled. Works in short transactions, and goes on where it was interrupted: it asks what is due and
 * not done, never what day it is (R3).
 */
export async function catchUp(store: Store, partner: PartnerId, until: Instant, now: () => Instant): Promise<CatchUpResult> {
  for (;;) {
    const result = await store.transaction((tx) => carryOutNext(tx, store, partner, until, now()));
    if (result !== "more") return result;
  }
}

async function carryOutNext(tx: Transaction, store: Store, id: PartnerId, until: Instant, systemNow: Instant): Promise<CatchUpResult | "more"> {
  const partner = await claimPartner(tx, store.dialect, id);
  if (partner === undefined) return "busy";
  const nextDue = await findNextDue(tx, id);
  const { settlementDueAt } = partner;
  if (nextDue !== null && nextDue <= until && nextDue <= settlementDueAt) {
    const horizon = await moveSubscriptions(tx, store, partner, settlementDueAt < until ? settlementDueAt : until, systemNow);
    await updatePartnerClock(tx, id, { clockAt: later(partner.clockAt, horizon) });
    return "more";
  }
  if (settlementDueAt <= until) {
    await settlePartnerMonth(tx, partner, systemNow);
    await updatePartnerClock(tx, id, { clockAt: later(partner.clockAt, settlementDueAt) });
    return "more";
  }
  if (partner.mode === "sandbox" && partner.clockAt < until) await updatePartnerClock(tx, id, { clockAt: until, clockTargetAt: null });
  return "done";
}

/** Moves a chunk of subscriptions on, and answers the instant up to which nothing of the partner is due any more. */
async function moveSubscriptions(tx: Transaction, store: Store, partner: Partner, until: Instant, systemNow: Instant): Promise<Instant> {
  const due = await lockDueSubscriptions(tx, store.dialect, partner.id, until, chunkSize);
  const last = due.at(-1);
  const isChunkFull = due.length === chunkSize;
  // Beyond a full chunk others may be due earlier than what these come to next.
  const horizon = isChunkFull && last !== undefined ? dueAt(last, partner) : until;
  const context = await loadContext(tx, partner, due);
  const progressions = due.map((subscription) => {
    const { subscription: moved, facts } = advance(subscription, horizon, context);
    return { subscription: moved, clockFacts: facts, commandFacts: [] };
  });
  await saveProgress(tx, partner, progressions, null, systemNow);
  return horizon;
}

function dueAt(subscription: Subscription, partner: Partner): Instant {
  const at = nextDueAt(subscription, partner.terms);
  if (at === null) throw new Error(`${subscription.id} was found due, but nothing of it falls due.`);
  return at;
}

function later(one: Instant, other: Instant): Instant {
  return one > other ? one : other;
}

