import type { ReportSpan } from "@evergate/core";
import type { PartnerReadRoom } from "../app/room.ts";
import type { PartnerReadWorld } from "../app/world.ts";
import { findCustomer } from "../store/customers.ts";
import { limitOf, UnknownCursorError, type Page, type PageRequest } from "../store/page.ts";
import { findSubscription } from "../store/subscriptions.ts";
import { streamRows, type ActiveSubscriptionRow } from "./active-subscription-rows.ts";
import { writeActiveSubscriptionsCsv } from "./active-subscriptions-csv.ts";
import { writeActiveSubscriptionsPdf } from "./active-subscriptions-pdf.ts";
import { readSpan } from "./read-month.ts";
import type { ReportExtent } from "./report-month.ts";

/** Lists the report of a month's subscriptions (R25). */
export const listActiveSubscriptions: PartnerReadRoom<"listActiveSubscriptions"> = async (
  { query, accept },
  world,
) => {
  const { db, partner, at } = world;
  const span = readSpan(query.month, partner, at);
  if ("refused" in span) return span;
  const customer =
    query.customer === undefined
      ? undefined
      : ((await findCustomer(db, partner.id, query.customer))?.id ?? query.customer);
  const all = { customer, from: null };
  switch (accept) {
    case "application/json":
      return { status: 200, body: await readPage(world, span, customer, query) };
    case "text/csv":
      return { status: 200, document: writeActiveSubscriptionsCsv(db, partner, span, all) };
    case "application/pdf":
      return { status: 200, document: writeActiveSubscriptionsPdf(db, partner, span, all) };
    default:
      return accept satisfies never;
  }
};

async function readPage(
  world: PartnerReadWorld,
  span: ReportSpan,
  customer: string | undefined,
  page: PageRequest,
): Promise<Page<ActiveSubscriptionRow>> {
  const { db, partner } = world;
  const { from, rowsSeen } = await findPlace(world, page.after);
  const limit = limitOf(page);
  const rows: ActiveSubscriptionRow[] = [];
  let toSkip = rowsSeen;
  const extent = { customer, from, wanted: limit + 1 };
  for await (const batch of streamRows(db, partner, span, extent)) {
    for (const row of batch) {
      // The rows of the subscription amid which the page before ended.
      if (toSkip > 0 && row.subscription === from?.subscription) toSkip -= 1;
      else rows.push(row);
    }
    if (rows.length > limit) break;
  }
  const data = rows.slice(0, limit);
  return { data, nextCursor: rows.length > limit ? toCursor(data, from, rowsSeen) : null };
}

/** The cursor names the last subscription, and how many of its rows have been answered: a page may end amid them. */
function toCursor(
  data: readonly ActiveSubscriptionRow[],
  from: ReportExtent["from"],
  rowsSeen: number,
): string | null {
  const subscription = data.at(-1)?.subscription;
  if (subscription === undefined) return null;
  const here = data.filter((row) => row.subscription === subscription).length;
  const before = subscription === from?.subscription ? rowsSeen : 0;
  return `${subscription}-${here + before}`;
}

/** Throws {@link UnknownCursorError} for what is no cursor, and for one of another's subscription. */
async function findPlace(
  { db, partner }: PartnerReadWorld,
  cursor: string | undefined,
): Promise<{ readonly from: ReportExtent["from"]; readonly rowsSeen: number }> {
  if (cursor === undefined) return { from: null, rowsSeen: 0 };
  const [, id, rowsSeen] = /^(sub_[0-7][0-9a-z]{25})-([1-9]\d{0,5})$/.exec(cursor) ?? [];
  const found = id === undefined ? undefined : await findSubscription(db, partner.id, id);
  if (found === undefined)
    throw new UnknownCursorError("has to be the nextCursor of the page before");
  return {
    from: { customer: found.customer, subscription: found.id },
    rowsSeen: Number(rowsSeen),
  };
}
