import type { PartnerReadRoom } from "../app/room.ts";
import type { components } from "../generated/api.ts";
import { listAudit, type ListedEntry } from "../store/audit-log.ts";
import { getSubscriptionOf } from "./get-subscription-of.ts";
import type { WireSubscription } from "./to-wire.ts";
import { toWireEntryFields } from "../record/to-wire.ts";

/** Lists who changed a subscription, when, and what it was before and after (R26), newest first. */
export const listSubscriptionHistory: PartnerReadRoom<"listSubscriptionHistory"> = async (
  { path, query },
  world,
) => {
  const { id } = await getSubscriptionOf(world, path.subscriptionId);
  const page = await listAudit(world.db, world.partner.id, { subject: id }, query);
  const data = page.data.filter(isReadable).map(toWire);
  return { status: 200, body: { data, nextCursor: page.nextCursor } };
};

/** Whether it is an entry of a subscription at all, which is never removed; other hands may have made it none. */
function isReadable({ unreadable, after }: ListedEntry): boolean {
  return unreadable.length === 0 && after !== null;
}

function toWire(entry: ListedEntry): components["schemas"]["HistoryEntry"] {
  return {
    ...toWireEntryFields(entry),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a subscription's entries hold it as it is answered
    before: entry.before as WireSubscription | null,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- likewise
    after: entry.after as WireSubscription,
  };
}
