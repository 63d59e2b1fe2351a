import { sql } from "kysely";
import type { Store } from "../store/store.ts";

/** All that a partner has to account for, without anything that chance has given (ids, activation codes). */
export interface Ledger {
  readonly charges: readonly string[];
  readonly bills: readonly string[];
  readonly billCustomers: readonly string[];
  /** In the partner's total order. */
  readonly events: readonly string[];
  readonly subscriptions: readonly string[];
  readonly record: readonly string[];
}

export interface LedgerOptions {
  /** Live partners share one series of bill numbers, in which the order of partners is free. */
  readonly withBillNumbers: boolean;
}

/** The ledgers of all partners, by their ids. */
export async function readLedgers(
  store: Store,
  options: LedgerOptions,
): Promise<ReadonlyMap<string, Ledger>> {
  const partners = await store.reader.selectFrom("partners").select("id").orderBy("id").execute();
  const ledgers = new Map<string, Ledger>();
  for (const { id } of partners) ledgers.set(id, await readLedger(store, id, options));
  return ledgers;
}

export async function readLedger(
  store: Store,
  partner: string,
  options: LedgerOptions,
): Promise<Ledger> {
  const name = await createNaming(store, partner, options);
  const rowsOf = async (query: ReturnType<typeof sql>): Promise<readonly string[]> =>
    (await query.execute(store.reader)).rows.map((row) => name(JSON.stringify(row, dropProgress)));
  return {
    charges: (
      await rowsOf(sql`select subscription, customer, product, price, period_starts_on, period_ends_on, month, quantity, unit_price,
      days_charged, days_of, discount_percent, amount, currency, (select id from bills where bills.partner = charges.partner and bills.month = charges.month) as bill, created_at from charges where partner = ${partner}`)
    ).toSorted(),
    bills: (
      await rowsOf(sql`select number, month, currency, net, tax_rate, tax, total, line_count, customer_count, issued_at
      from bills where partner = ${partner}`)
    ).toSorted(),
    billCustomers: (
      await rowsOf(
        sql`select month, customer, name, sort_key, net, line_count from bill_customers where partner = ${partner}`,
      )
    ).toSorted(),
    events: await rowsOf(
      sql`select place.position, events.type, events.subscription, events.sequence, occurred_at, payload from events join event_places as place on place.partner = events.partner and place.event = events.id where events.partner = ${partner} order by place.position`,
    ),
    subscriptions: (
      await rowsOf(sql`select * from subscriptions where partner = ${partner}`)
    ).toSorted(),
    record: (
      await rowsOf(
        sql`select at, action, subject, actor, "before", "after" from audit_log where partner = ${partner} and actor = 'clock'`,
      )
    ).toSorted(),
  };
}

/** How far a subscription has been looked at is no result: it depends on the size of the steps. */
function dropProgress(key: string, value: unknown): unknown {
  return key === "advanced_to" ? undefined : value;
}

/** Replaces every id and activation code by what it stands for. */
async function createNaming(
  store: Store,
  partner: string,
  options: LedgerOptions,
): Promise<(text: string) => string> {
  const { reader } = store;
  const names = new Map<string, string>([[partner, "partner"]]);
  for (const { id, external_id } of await reader
    .selectFrom("customers")
    .select(["id", "external_id"])
    .where("partner", "=", partner)
    .execute())
    names.set(id, `customer ${external_id}`);
  for (const row of await reader
    .selectFrom("subscriptions")
    .select(["id", "external_id", "activation_code"])
    .where("partner", "=", partner)
    .execute()) {
    names.set(row.id, `subscription ${row.external_id}`);
    names.set(row.activation_code, `code of ${row.external_id}`);
  }
  for (const { id, external_id } of await reader
    .selectFrom("prepaid_licences")
    .select(["id", "external_id"])
    .where("partner", "=", partner)
    .execute())
    names.set(id, `licence ${external_id}`);
  for (const { id, code } of await reader.selectFrom("products").select(["id", "code"]).execute())
    names.set(id, `product ${code}`);
  for (const row of await reader
    .selectFrom("prices")
    .select(["id", "product", "channel", "valid_from"])
    .execute())
    names.set(row.id, `price ${names.get(row.product)} ${row.channel} ${row.valid_from}`);
  for (const row of await reader
    .selectFrom("charges")
    .select(["id", "subscription", "period_starts_on"])
    .where("partner", "=", partner)
    .execute())
    names.set(row.id, `charge ${names.get(row.subscription)} ${row.period_starts_on}`);
  for (const { id, month, number } of await reader
    .selectFrom("bills")
    .select(["id", "month", "number"])
    .where("partner", "=", partner)
    .execute()) {
    names.set(id, `bill ${month}`);
    if (!options.withBillNumbers) names.set(number, `number of ${month}`);
  }
  const pattern =
    /(?:partner|prepaid|cus|sub|prod|price|charge|bill)_[0-9a-z]{26}|(?:[2-9A-Z]{5}-){3}[2-9A-Z]{5}|[2-9A-HJ-NP-Z]{20}|\b(?:TEST-)?\d{4}-\d{6}\b/g;
  return (text) =>
    text.replaceAll(
      pattern,
      (found) => names.get(found) ?? names.get(found.replaceAll("-", "")) ?? found,
    );
}
