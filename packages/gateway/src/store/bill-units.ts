import type { Month, ProductId } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { insertRows } from "./insert-rows.ts";
import type { Reader, Transaction } from "./store.ts";

/** Keeps the units that a bill has counted for each product (R20), of which its discounts came. */
export async function insertBillUnits(
  tx: Transaction,
  partner: PartnerId,
  month: Month,
  units: ReadonlyMap<ProductId, number>,
): Promise<void> {
  await insertRows(
    tx,
    "bill_units",
    [...units].map(([product, count]) => ({ partner, month, product, units: count })),
  );
}

/** The units of a product that the month's bill has counted; undefined where it has counted none, as for who has no such discounts. */
export async function findBillUnits(
  db: Reader,
  partner: PartnerId,
  month: Month,
  product: ProductId,
): Promise<number | undefined> {
  const row = await db
    .selectFrom("bill_units")
    .select("units")
    .where("partner", "=", partner)
    .where("month", "=", month)
    .where("product", "=", product)
    .executeTakeFirst();
  return row?.units;
}
