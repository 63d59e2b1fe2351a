import type { Month } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { toStoredCharge, type ChargePlace, type StoredCharge } from "./charges.ts";
import { UnknownCursorError } from "./page.ts";
import type { Reader } from "./store.ts";

/** A charge with everything by which a partner's own system may know it. */
export interface ReconciledCharge {
  readonly charge: StoredCharge;
  readonly billNumber: string | null;
  /** As it stands on the bill, once there is one. */
  readonly customerName: string;
  readonly customerExternalId: string | null;
  readonly subscriptionExternalId: string | null;
  readonly productCode: string;
}

/** So many charges are in memory at once while a whole month is walked through. */
const batchSize = 500;

/** All charges of a month, in batches. */
export async function* streamReconciledCharges(
  db: Reader,
  partner: PartnerId,
  month: Month,
): AsyncGenerator<readonly ReconciledCharge[], void, void> {
  let after: ChargePlace | null = null;
  for (;;) {
    const batch: readonly ReconciledCharge[] = await listReconciledCharges(
      db,
      partner,
      month,
      after,
      batchSize,
    );
    if (batch.length > 0) yield batch;
    const last = batch.at(-1)?.charge;
    if (last === undefined || batch.length < batchSize) return;
    after = {
      customer: last.customer,
      subscription: last.subscription,
      startsOn: last.period.startsOn,
    };
  }
}

/** A month's charges after a place, customer by customer, subscription by subscription, period by period. */
export async function listReconciledCharges(
  db: Reader,
  partner: PartnerId,
  month: Month,
  after: ChargePlace | null,
  limit: number,
): Promise<readonly ReconciledCharge[]> {
  let query = db
    .selectFrom("charges")
    .innerJoin("customers", (join) =>
      join
        .onRef("customers.partner", "=", "charges.partner")
        .onRef("customers.id", "=", "charges.customer"),
    )
    .innerJoin("subscriptions", (join) =>
      join
        .onRef("subscriptions.partner", "=", "charges.partner")
        .onRef("subscriptions.id", "=", "charges.subscription"),
    )
    .innerJoin("products", "products.id", "charges.product")
    .leftJoin("bills", (join) =>
      join
        .onRef("bills.partner", "=", "charges.partner")
        .onRef("bills.month", "=", "charges.month"),
    )
    .leftJoin("bill_customers as section", (join) =>
      join
        .onRef("section.partner", "=", "charges.partner")
        .onRef("section.month", "=", "charges.month")
        .onRef("section.customer", "=", "charges.customer"),
    )
    .selectAll("charges")
    .select([
      "bills.id as bill",
      "bills.number as bill_number",
      "section.name as name_on_bill",
      "customers.name as customer_name",
      "customers.external_id as customer_external_id",
      "subscriptions.external_id as subscription_external_id",
      "products.code as product_code",
    ])
    .where("charges.partner", "=", partner)
    .where("charges.month", "=", month);
  if (after !== null)
    query = query.where((where) =>
      where(
        where.refTuple("charges.customer", "charges.subscription", "charges.period_starts_on"),
        ">",
        where.tuple(after.customer, after.subscription, after.startsOn),
      ),
    );
  const rows = await query
    .orderBy("charges.customer")
    .orderBy("charges.subscription")
    .orderBy("charges.period_starts_on")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    charge: toStoredCharge(row),
    billNumber: row.bill_number,
    customerName: row.name_on_bill ?? row.customer_name,
    customerExternalId: row.customer_external_id,
    subscriptionExternalId: row.subscription_external_id,
    productCode: row.product_code,
  }));
}

/** Where a charge stands among its month's. Throws {@link UnknownCursorError} for one that is not there. */
export async function getChargePlace(
  db: Reader,
  partner: PartnerId,
  month: Month,
  id: string,
): Promise<ChargePlace> {
  const row = await db
    .selectFrom("charges")
    .select(["customer", "subscription", "period_starts_on"])
    .where("partner", "=", partner)
    .where("id", "=", id)
    .where("month", "=", month)
    .executeTakeFirst();
  if (row === undefined)
    throw new UnknownCursorError("has to be the nextCursor of the page before");
  return {
    customer: row.customer,
    subscription: row.subscription,
    startsOn: row.period_starts_on,
  };
}
