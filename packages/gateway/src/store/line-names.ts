import type { Month } from "@evergate/core";
import type { PartnerId } from "../ids.ts";
import { streamBillLines } from "./bill-lines.ts";
import type { StoredCharge } from "./charges.ts";
import type { Reader } from "./store.ts";

/** A line of a bill with what people call the things on it. */
export interface NamedLine {
  readonly charge: StoredCharge;
  /** The customer's name on the bill. */
  readonly customerName: string;
  readonly customerExternalId: string | null;
  readonly subscriptionExternalId: string | null;
  readonly productCode: string;
  readonly productName: string;
  readonly unit: string;
}

/** All lines of a month's bill in their order, in batches, with their names. */
export async function* streamNamedLines(
  db: Reader,
  partner: PartnerId,
  month: Month,
): AsyncGenerator<readonly NamedLine[], void, void> {
  for await (const charges of streamBillLines(db, partner, month))
    yield await nameLines(db, partner, month, charges);
}

/** What people call the things on some lines of a month's bill. */
export async function nameLines(
  db: Reader,
  partner: PartnerId,
  month: Month,
  charges: readonly StoredCharge[],
): Promise<readonly NamedLine[]> {
  const customers = await db
    .selectFrom("bill_customers as section")
    .innerJoin("customers", (join) =>
      join
        .onRef("customers.partner", "=", "section.partner")
        .onRef("customers.id", "=", "section.customer"),
    )
    .select(["section.customer as id", "section.name", "customers.external_id"])
    .where("section.partner", "=", partner)
    .where("section.month", "=", month)
    .where("section.customer", "in", idsOf(charges, "customer"))
    .execute();
  const subscriptions = await db
    .selectFrom("subscriptions")
    .select(["id", "external_id"])
    .where("partner", "=", partner)
    .where("id", "in", idsOf(charges, "subscription"))
    .execute();
  const products = await db
    .selectFrom("products")
    .select(["id", "code", "name", "unit"])
    .where("id", "in", idsOf(charges, "product"))
    .execute();
  const customerOf = byId(customers);
  const subscriptionOf = byId(subscriptions);
  const productOf = byId(products);
  return charges.map((charge) => {
    const customer = customerOf(charge.customer);
    const product = productOf(charge.product);
    return {
      charge,
      customerName: customer.name,
      customerExternalId: customer.external_id,
      subscriptionExternalId: subscriptionOf(charge.subscription).external_id,
      productCode: product.code,
      productName: product.name,
      unit: product.unit,
    };
  });
}

function idsOf(
  charges: readonly StoredCharge[],
  of: "customer" | "subscription" | "product",
): readonly string[] {
  return [...new Set(charges.map((charge) => charge[of]))];
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): (id: string) => Row {
  const found = new Map(rows.map((row) => [row.id, row]));
  return (id) => {
    const row = found.get(id);
    if (row === undefined) throw new Error(`A charge is for ${id}, which is not stored.`);
    return row;
  };
}
