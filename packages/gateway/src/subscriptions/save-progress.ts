import type { Fact, Instant, Subscription } from "@evergate/core";
import { toWireCharge } from "../charges/to-wire.ts";
import { modeOf } from "../events/mode-of.ts";
import { appendAudit, clockActor, type AuditEntry } from "../store/audit-log.ts";
import { insertCharges, openCharge, type StoredCharge } from "../store/charges.ts";
import { appendEvents, type NewEvent } from "../store/events.ts";
import type { Partner } from "../store/partners.ts";
import type { Transaction } from "../store/store.ts";
import { writeSubscriptions } from "../store/subscriptions.ts";
import { diffFields, toWireSubscription, type WireSubscription } from "./to-wire.ts";

/** Who brought a change about: a caller's command, or the clock. */
export interface Authorship {
  readonly action: string;
  readonly actor: string;
  readonly apiKey: string | null;
  readonly requestId: string | null;
}

/** What became of one subscription: its last state, what the clock did on the way, and then the command. */
export interface Progression {
  readonly subscription: Subscription;
  readonly clockFacts: readonly Fact[];
  readonly commandFacts: readonly Fact[];
}

/**
 * Saves what became of subscriptions: their rows, their charges, their events and the record of each change,
 * all in the transaction (R26, R27). `author` is who gave the command; null where there was none.
 */
export async function saveProgress(tx: Transaction, partner: Partner, progressions: readonly Progression[], author: Authorship | null, recordedAt: Instant): Promise<void> {
  const charges: StoredCharge[] = [];
  const events: NewEvent[] = [];
  const entries: AuditEntry[] = [];
  for (const { clockFacts, commandFacts } of progressions) {
    const wires = new Map<Subscription, WireSubscription>();
    const toWire = (subscription: Subscription): WireSubscription => {
      let wire = wires.get(subscription);
      if (wire === undefined) {
        wire = toWireSubscription(subscription, partner.terms);
        wires.set(subscription, wire);
      }
      return wire;
    };
    for (const fact of [...clockFacts, ...commandFacts]) {
      const charge = fact.charge === null ? null : openCharge(fact.charge, partner.terms.currency);
      if (charge !== null) charges.push(charge);
      events.push(toEvent(fact, charge, toWire, partner));
    }
    for (const transition of toTransitions(clockFacts))
      entries.push(toEntry(transition, toWire, { action: transition.type, actor: clockActor, apiKey: null, requestId: null }, recordedAt));
    if (author !== null) for (const transition of toTransitions(commandFacts)) entries.push(toEntry(transition, toWire, author, recordedAt));
  }
  await writeSubscriptions(tx, partner.id, partner.terms, progressions.map(({ subscription }) => subscription));
  await insertCharges(tx, partner.id, charges);
  // Of several subscriptions that were late, everyone's events are stored in the order in which they were due (R2).
  await appendEvents(tx, partner.id, events.toSorted((one, other) => one.occurredAt - other.occurredAt));
  await appendAudit(tx, partner.id, entries);
}

interface Transition {
  readonly at: Instant;
  /** Of its events the first, which gives the change its name. */
  readonly type: string;
  readonly before: Subscription | null;
  readonly after: Subscription;
}

/** Facts that share their `before` are one change, announced by several events. */
function toTransitions(facts: readonly Fact[]): readonly Transition[] {
  const transitions: Transition[] = [];
  for (const { type, at, before, after } of facts) {
    const last = transitions.at(-1);
    if (last !== undefined && last.before === before) transitions[transitions.length - 1] = { ...last, after };
    else transitions.push({ at, type, before, after });
  }
  return transitions;
}

function toEvent(fact: Fact, charge: StoredCharge | null, toWire: (subscription: Subscription) => WireSubscription, partner: Partner): NewEvent {
  const mode = modeOf(partner);
  const numbered = { type: fact.type, subscription: fact.after.id, sequence: fact.sequence, occurredAt: fact.at };
  if (charge !== null) return { ...numbered, data: { ...toWireCharge(charge), sequence: fact.sequence, previous: null, ...mode } };
  const after = toWire(fact.after);
  const previous = fact.before === null ? null : diffFields(toWire(fact.before), after);
  return { ...numbered, data: { ...after, sequence: fact.sequence, previous, ...mode } };
}

function toEntry(transition: Transition, toWire: (subscription: Subscription) => WireSubscription, author: Authorship, recordedAt: Instant): AuditEntry {
  return {
    at: transition.at,
    recordedAt,
    action: author.action,
    subject: transition.after.id,
    actor: author.actor,
    apiKey: author.apiKey,
    requestId: author.requestId,
    before: transition.before === null ? null : toWire(transition.before),
    after: toWire(transition.after),
  };
}
