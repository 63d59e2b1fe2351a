import { sql } from "kysely";
import type { Reader, Store } from "../store/store.ts";

/**
 * Looks for whatever must never be in a database, whatever was killed, and names it; none: all is well.
 * Holds at any moment, also while events wait for their places.
 */
export async function findFaults({ reader }: Store): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { what, query } of checks) {
    const { rows } = await query.execute(reader);
    if (rows.length > 0)
      faults.push(
        `${what}: ${JSON.stringify(rows.slice(0, 5))}${rows.length > 5 ? ` and ${rows.length - 5} more` : ""}`,
      );
  }
  return faults;
}

export async function countUnplacedEvents(reader: Reader): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`select count(*) as count from event_places where position is null`.execute(reader);
  return rows[0]?.count ?? 0;
}

const checks: readonly { readonly what: string; readonly query: ReturnType<typeof sql> }[] = [
  {
    what: "positions of a partner's events have a gap",
    query: sql`select partner, min(position), max(position), count(*) from event_places group by partner having min(position) <> 1 or max(position) <> count(position)`,
  },
  {
    what: "a partner's last position is not its last event's",
    query: sql`select id, event_position from partners where event_position <> (select count(position) from event_places where event_places.partner = partners.id)`,
  },
  {
    what: "a subscription's sequence has a gap, or the row does not know its last number",
    query: sql`select subscriptions.id, subscriptions.sequence, min(events.sequence), max(events.sequence), count(events.sequence) from subscriptions
      left join events on events.partner = subscriptions.partner and events.subscription = subscriptions.id
      group by subscriptions.partner, subscriptions.id, subscriptions.sequence
      having count(events.sequence) <> subscriptions.sequence or max(events.sequence) <> subscriptions.sequence or min(events.sequence) <> 1`,
  },
  {
    what: "a subscription's events are placed out of their order",
    query: sql`select one.event from event_places one join event_places two on two.partner = one.partner and two.subscription = one.subscription and two.sequence = one.sequence + 1
      where two.position < one.position or (one.position is null and two.position is not null)`,
  },
  {
    what: "a charge without exactly one charge.created",
    query: sql`select charges.id from charges where (select count(*) from events where events.partner = charges.partner and events.subscription = charges.subscription
      and events.type = 'charge.created' and events.payload like '%"' || charges.id || '"%') <> 1`,
  },
  {
    what: "a charge.created without a charge",
    query: sql`select partner, count(*) from events where type = 'charge.created' group by partner having count(*) <> (select count(*) from charges where charges.partner = events.partner)`,
  },
  {
    what: "a settled month has a charge without a bill",
    query: sql`select charges.id, charges.month, partners.settlement_month from charges join partners on partners.id = charges.partner
      where charges.month < partners.settlement_month and not exists (select 1 from bills where bills.partner = charges.partner and bills.month = charges.month)`,
  },
  {
    what: "a month has a bill before it is settled",
    query: sql`select bills.id from bills join partners on partners.id = bills.partner where bills.month >= partners.settlement_month`,
  },
  {
    what: "a bill is not the sum of its charges",
    query: sql`select bills.id, bills.net, bills.line_count, sum(cast(charges.amount as numeric)), count(charges.id) from bills
      left join charges on charges.partner = bills.partner and charges.month = bills.month
      group by bills.partner, bills.id, bills.net, bills.line_count having sum(cast(charges.amount as numeric)) <> cast(bills.net as numeric) or count(charges.id) <> bills.line_count or count(charges.id) = 0`,
  },
  {
    what: "a bill is not the sum of its customers",
    query: sql`select bills.id, bills.net, bills.line_count, bills.customer_count from bills
      left join bill_customers on bill_customers.partner = bills.partner and bill_customers.month = bills.month
      group by bills.partner, bills.id, bills.net, bills.line_count, bills.customer_count
      having sum(cast(bill_customers.net as numeric)) <> cast(bills.net as numeric) or sum(bill_customers.line_count) <> bills.line_count or count(*) <> bills.customer_count`,
  },
  {
    what: "a customer's part of a bill is not the sum of its charges",
    query: sql`select part.customer, part.net, part.line_count, sum(cast(charges.amount as numeric)), count(charges.id) from bill_customers part
      join bills on bills.partner = part.partner and bills.month = part.month
      left join charges on charges.partner = part.partner and charges.month = part.month and charges.customer = part.customer
      group by part.partner, part.month, part.customer, part.net, part.line_count
      having sum(cast(charges.amount as numeric)) <> cast(part.net as numeric) or count(charges.id) <> part.line_count`,
  },
  {
    what: "a settlement is completed before its month is settled, or the other way round",
    query: sql`select settlements.id, settlements.month, settlements.phase, partners.settlement_month from settlements join partners on partners.id = settlements.partner
      where (settlements.phase = 'completed') <> (settlements.month < partners.settlement_month)
        or (settlements.phase = 'completed' and coalesce(settlements.bill, '') <> coalesce((select bills.id from bills where bills.partner = settlements.partner and bills.month = settlements.month), ''))`,
  },
  {
    what: "a month has more than one bill",
    query: sql`select partner, month from bills group by partner, month having count(*) > 1`,
  },
  {
    what: "a bill without its two events and its record",
    query: sql`select bills.id from bills where
      (select count(*) from events where events.partner = bills.partner and events.type in ('bill.issued', 'settlement.completed') and events.payload like '%"' || bills.id || '"%') <> 2
      or (select count(*) from audit_log where audit_log.partner = bills.partner and audit_log.subject = bills.id) <> 1`,
  },
  {
    what: "bill numbers of a series have a gap",
    query: sql`select series, year, last_number, count(number), min(number), max(number) from (
        select bill_series.series, bill_series.year, bill_series.last_number, replace(bills.number, 'TEST-', '') as number from bill_series
        left join partners on (bill_series.series = 'live' and partners.mode = 'live') or bill_series.series = partners.id
        left join bills on bills.partner = partners.id and substr(replace(bills.number, 'TEST-', ''), 1, 4) = bill_series.year) as numbered
      group by series, year, last_number
      having count(distinct number) <> last_number or count(number) <> last_number or max(cast(substr(number, 6) as integer)) <> last_number or min(cast(substr(number, 6) as integer)) <> 1`,
  },
  {
    what: "a bill number does not say whether it is a sandbox's",
    query: sql`select bills.number from bills join partners on partners.id = bills.partner
      where (bills.number like 'TEST-%') <> (partners.mode = 'sandbox')`,
  },
  {
    what: "a bill number is of no series",
    query: sql`select bills.number from bills join partners on partners.id = bills.partner
      where not exists (select 1 from bill_series where bill_series.year = substr(replace(bills.number, 'TEST-', ''), 1, 4) and bill_series.series = case when partners.mode = 'live' then 'live' else partners.id end)`,
  },
  {
    what: "a version of a subscription is not on record",
    query: sql`select subscriptions.id, subscriptions.version, count(audit_log.id) from subscriptions
      left join audit_log on audit_log.partner = subscriptions.partner and audit_log.subject = subscriptions.id
      group by subscriptions.partner, subscriptions.id, subscriptions.version having count(audit_log.id) < subscriptions.version`,
  },
  {
    // Of licences whose end never moves, which is so here.
    what: "the end of a prepaid licence is not announced exactly once",
    query: sql`select licence.id, licence.notice_due_at, count(events.id) from prepaid_licences licence
      left join events on events.partner = licence.partner and events.type = 'prepaid_licence.ending' and events.payload like '%"' || licence.id || '"%'
      group by licence.partner, licence.id, licence.notice_due_at having count(events.id) <> case when licence.notice_due_at is null then 1 else 0 end`,
  },
  {
    what: "an entry of the record without exactly one link, or a link without its entry",
    query: sql`select partner, (select count(*) from audit_links where audit_links.partner = audit_log.partner) as links, count(*) as entries
      from audit_log group by partner having count(*) <> (select count(*) from audit_links where audit_links.partner = audit_log.partner)`,
  },
  {
    what: "a record's places have a gap, or its head is elsewhere",
    query: sql`select audit_links.partner, max(audit_links.position), count(audit_links.position) from audit_links
      left join audit_heads on audit_heads.partner = audit_links.partner group by audit_links.partner, audit_heads.position
      having count(audit_links.position) > 0 and (min(audit_links.position) <> 1 or max(audit_links.position) <> count(audit_links.position) or max(audit_links.position) <> coalesce(audit_heads.position, 0))`,
  },
  {
    what: "two subscriptions have one activation code",
    query: sql`select activation_code from subscriptions group by activation_code having count(*) > 1`,
  },
];
