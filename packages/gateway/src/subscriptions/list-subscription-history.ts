import type { PartnerReadRoom } from "../app/room.ts";
import { listAudit } from "../store/audit-log.ts";
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
  const data = page.data.map((entry) => ({
    ...toWireEntryFields(entry),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a subscription's entries hold it as it is answered
    before: entry.before as WireSubscription | null,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- likewise, and it is never removed
    after: entry.after as WireSubscription,
  }));
  return { status: 200, body: { data, nextCursor: page.nextCursor } };
};
