import type { Fact, Instant, Subscription } from "@evergate/core";
import { toWireCharge } from "../charges/to-wire.ts";
import { modeOf } from "../events/mode-of.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { appendAudit, clockActor, type AuditEntry } from "../store/audit-log.ts";
import { insertCharges, openCharge, type StoredCharge } from "../store/charges.ts";
import { appendEvents, type NewEvent } from "../store/events.ts";
import type { Partner } from "../store/partners.ts";
import type { Transaction } from "../store/store.ts";
import { writeSubscriptions } from "../store/subscriptions.ts";
import { diffFields } from "../events/diff-fields.ts";
import { toWireSubscription, type WireSubscription } from "./to-wire.ts";

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
export async function saveProgress(
  tx: Transaction,
  sealer: Sealer,
  partner: Partner,
  progressions: readonly Progression[],
  author: Authorship | null,
  recordedAt: Instant,
): Promise<void> {
  const charges: StoredCharge[] = [];
  const events: NewEvent[] = [];
  const entries: AuditEntry[] = [];
  for (const { clockFacts, commandFacts } of progressions) {
    let wire: WireSubscription | null = null;
    // The event of a charge shows the charge: what its period's end has changed of the subscription is told by the
    // next event of the same instant (of that only: later ones may be carried out apart, and must read the same, R3).
    let untoldAt: Instant | null = null;
    let untold: WireSubscription | null = null;
    const own: AuditEntry[] = [];
    for (const { facts, author: by } of [
      { facts: clockFacts, author: null },
      { facts: commandFacts, author },
    ]) {
      for (const transition of toTransitions(facts)) {
        const before =
          transition.before === null
            ? null
            : (wire ?? toWireSubscription(transition.before, partner.terms));
        wire = toWireSubscription(transition.after, partner.terms);
        const { at } = transition.facts[0];
        const told: WireSubscription | null = untoldAt === at ? untold : before;
        const previous = told === null ? null : diffFields(told, wire);
        for (const fact of transition.facts) {
          const charge =
            fact.charge === null ? null : openCharge(fact.charge, partner.terms.currency);
          if (charge !== null) charges.push(charge);
          events.push(
            toEvent(
              fact,
              charge === null
                ? { ...wire, sequence: fact.sequence, previous }
                : { ...toWireCharge(charge), sequence: fact.sequence, previous: null },
              partner,
            ),
          );
        }
        const isOfChargesOnly = transition.facts.every(({ charge }) => charge !== null);
        untoldAt = isOfChargesOnly ? at : null;
        untold = told;
        const entry = toEntry(transition, before, wire, by, recordedAt);
        const last = own.at(-1);
        if (by === null && last?.at === entry.at) own[own.length - 1] = joinSteps(last, entry);
        else own.push(entry);
      }
    }
    entries.push(...own);
  }
  await writeSubscriptions(
    tx,
    partner.id,
    partner.terms,
    progressions.map(({ subscription }) => subscription),
  );
  await insertCharges(tx, partner.id, charges);
  // Of several subscriptions that were late, everyone's events are stored in the order in which they were due (R2).
  await appendEvents(
    tx,
    partner.id,
    events.toSorted((one, other) => one.occurredAt - other.occurredAt),
  );
  // Without a command it is the clockwork, which holds the partner alone.
  await appendAudit(tx, sealer, partner.id, entries, author === null ? "at once" : "later");
}

/** One change of a subscription, announced by one event or by several. */
interface Transition {
  readonly before: Subscription | null;
  readonly after: Subscription;
  readonly facts: readonly [Fact, ...Fact[]];
}

/** Facts that share their `before` are one change. */
function toTransitions(facts: readonly Fact[]): readonly Transition[] {
  const transitions: Transition[] = [];
  for (const fact of facts) {
    const last = transitions.at(-1);
    if (last !== undefined && last.before === fact.before)
      transitions[transitions.length - 1] = {
        before: last.before,
        after: fact.after,
        facts: [...last.facts, fact],
      };
    else transitions.push({ before: fact.before, after: fact.after, facts: [fact] });
  }
  return transitions;
}

function toEvent(fact: Fact, data: object, partner: Partner): NewEvent {
  return {
    type: fact.type,
    subscription: fact.after.id,
    sequence: fact.sequence,
    occurredAt: fact.at,
    data: { ...data, ...modeOf(partner) },
  };
}

/**
 * What the clock brings about at one instant is one change: a period's end, what was scheduled for it, and the next period.
 * It is named by its first event that is about the subscription rather than its charge.
 */
function joinSteps(first: AuditEntry, second: AuditEntry): AuditEntry {
  const action = first.action === "charge.created" ? second.action : first.action;
  return { ...first, action, after: second.after };
}

function toEntry(
  transition: Transition,
  before: WireSubscription | null,
  after: WireSubscription,
  author: Authorship | null,
  recordedAt: Instant,
): AuditEntry {
  const [first] = transition.facts;
  return {
    at: first.at,
    recordedAt,
    // What the clock brings about is named by its first event.
    action: author?.action ?? first.type,
    subject: transition.after.id,
    actor: author?.actor ?? clockActor,
    apiKey: author?.apiKey ?? null,
    requestId: author?.requestId ?? null,
    before,
    after,
  };
}
