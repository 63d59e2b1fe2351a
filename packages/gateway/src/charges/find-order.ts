import type { PartnerId } from "../ids.ts";
import { isClockChange, type StoredAuditEntry } from "../store/audit-log.ts";
import type { Reader } from "../store/store.ts";
import { findEntryBefore } from "../store/subject-entries.ts";
import type { WireSubscription } from "../subscriptions/to-wire.ts";

/** An entry of a subscription's record: it holds the subscription as it was answered. */
export interface SubscriptionEntry extends StoredAuditEntry {
  readonly before: WireSubscription | null;
  readonly after: WireSubscription;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is recorded of a subscription is the subscription, and it is never removed
export const toSubscriptionEntry = (entry: StoredAuditEntry) => entry as SubscriptionEntry;

const slots = ["product", "quantity"] as const;
type Slot = (typeof slots)[number];

/**
 * The entry by which the configuration that an entry led to was ordered: its own, or an earlier one where it only went on.
 * What was scheduled (R29) is carried out by the clock, and was ordered by whoever filled the slot.
 */
export async function findOrder(
  db: Reader,
  partner: PartnerId,
  entry: SubscriptionEntry,
): Promise<SubscriptionEntry> {
  const find = async (
    from: SubscriptionEntry,
    isWanted: (entry: SubscriptionEntry) => boolean,
  ): Promise<SubscriptionEntry | undefined> => {
    const found = await findEntryBefore(db, partner, from, (one) =>
      isWanted(toSubscriptionEntry(one)),
    );
    return found && toSubscriptionEntry(found);
  };
  const isChange = (one: SubscriptionEntry): boolean => changedSlots(one).length > 0;
  const made = isChange(entry) ? entry : await find(entry, isChange);
  if (made === undefined)
    throw new Error(`The record of ${entry.subject} doesn't say how it came to what it was.`);
  if (!isClockChange(made)) return made;
  const changed = changedSlots(made);
  return (await find(made, (one) => changed.some((slot) => fills(one, slot)))) ?? made;
}

function changedSlots({ before, after }: SubscriptionEntry): readonly Slot[] {
  return slots.filter((slot) => before === null || before[slot] !== after[slot]);
}

function fills({ before, after }: SubscriptionEntry, slot: Slot): boolean {
  const scheduled = after.scheduledChange?.[slot] ?? null;
  return scheduled !== null && scheduled !== (before?.scheduledChange?.[slot] ?? null);
}
