import {
  channelOn,
  priceOn,
  toInstant,
  toPercent,
  toPriceId,
  toProductId,
  toUnitPrice,
  type Context,
  type Instant,
  type LocalDate,
  type PartnerTerms,
  type PartnerType,
  type Price,
  type PriceId,
  type Product,
  type ProductId,
  type Tier,
} from "@evergate/core";
import type { Selectable } from "kysely";
import type { PartnerId } from "../ids.ts";
import { compileOnce } from "./compile-once.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { PriceTable, ProductTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

export type StoredProduct = Product & { readonly createdAt: Instant };

/** A price with what it holds for: one channel and one currency. */
export type StoredPrice = Price & {
  readonly channel: string;
  readonly currency: string;
  readonly createdAt: Instant;
};

const selectProduct = compileOnce((db, { id }: { id: string }) =>
  db.selectFrom("products").selectAll().where("id", "=", id),
);

export async function findProduct(db: Reader, id: ProductId): Promise<StoredProduct | undefined> {
  const [row] = await selectProduct(db, { id });
  return row && toProduct(row);
}

/** The same, locked: of two who change it at once, the second sees what the first has made of it. */
export async function lockProduct(
  tx: Transaction,
  dialect: Dialect,
  id: ProductId,
): Promise<StoredProduct | undefined> {
  const query = tx.selectFrom("products").selectAll().where("id", "=", id);
  const row = await (dialect === "postgres" ? query.forNoKeyUpdate() : query).executeTakeFirst();
  return row && toProduct(row);
}

export async function findProductByCode(
  db: Reader,
  code: string,
): Promise<StoredProduct | undefined> {
  const row = await db
    .selectFrom("products")
    .selectAll()
    .where("code", "=", code)
    .executeTakeFirst();
  return row && toProduct(row);
}

/** A product by `prod_…` or `code:…`. */
export async function findProductByReference(
  db: Reader,
  reference: string,
): Promise<StoredProduct | undefined> {
  return reference.startsWith("code:")
    ? findProductByCode(db, reference.slice("code:".length))
    : findProduct(db, toProductId(reference));
}

/** The ids of the products that these references name (`prod_…` or `code:…`), up to 500. What names none is missing. */
export async function findProductIds(
  db: Reader,
  references: readonly string[],
): Promise<ReadonlyMap<string, ProductId>> {
  const codes = references.flatMap((reference) =>
    reference.startsWith("code:") ? [reference.slice("code:".length)] : [],
  );
  const rows = await db
    .selectFrom("products")
    .select(["id", "code"])
    // SQL has no empty lists.
    .where((where) =>
      where.or([where("id", "in", [...references, ""]), where("code", "in", [...codes, ""])]),
    )
    .execute();
  return new Map(
    rows.flatMap(({ id, code }) => [
      [id, toProductId(id)],
      [`code:${code}`, toProductId(id)],
    ]),
  );
}

export async function listProducts(db: Reader, page: PageRequest): Promise<Page<StoredProduct>> {
  return listNewestFirst(db.selectFrom("products").selectAll(), "prod", page, toProduct);
}

export async function insertProduct(tx: Transaction, product: StoredProduct): Promise<void> {
  await tx
    .insertInto("products")
    .values({
      id: product.id,
      code: product.code,
      name: product.name,
      unit: product.unit,
      min_quantity: product.minQuantity,
      max_quantity: product.maxQuantity,
      created_at: product.createdAt,
    })
    .execute();
}

export async function updateProduct(tx: Transaction, product: StoredProduct): Promise<void> {
  await tx
    .updateTable("products")
    .set({
      name: product.name,
      min_quantity: product.minQuantity,
      max_quantity: product.maxQuantity,
    })
    .where("id", "=", product.id)
    .execute();
}

export async function insertPrice(tx: Transaction, price: StoredPrice): Promise<void> {
  await tx
    .insertInto("prices")
    .values({
      id: price.id,
      product: price.product,
      channel: price.channel,
      currency: price.currency,
      unit_price: price.unitPrice,
      valid_from: price.validFrom,
      tiers: JSON.stringify(
        price.tiers.map(({ from, discountPercent }) => ({
          from,
          discountPercent: discountPercent.toString(),
        })),
      ),
      created_at: price.createdAt,
    })
    .execute();
}

export interface PriceFilter {
  readonly product?: string | undefined;
  readonly channel?: string | undefined;
  readonly currency?: string | undefined;
}

export async function listPrices(
  db: Reader,
  filter: PriceFilter,
  page: PageRequest,
): Promise<Page<StoredPrice>> {
  let query = db.selectFrom("prices").selectAll();
  if (filter.product !== undefined) query = query.where("product", "=", filter.product);
  if (filter.channel !== undefined) query = query.where("channel", "=", filter.channel);
  if (filter.currency !== undefined) query = query.where("currency", "=", filter.currency);
  return listNewestFirst(query, "price", page, toPrice);
}

/** Prices by their ids, for settlement. */
export async function getPrices(
  db: Reader,
  ids: readonly PriceId[],
): Promise<ReadonlyMap<PriceId, Price>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom("prices")
    .selectAll()
    .where("id", "in", [...ids])
    .execute();
  return new Map(rows.map((row) => [toPriceId(row.id), toPrice(row)]));
}

const selectPricesOf = compileOnce(
  (db, { product, channel, currency }: { product: string; channel: string; currency: string }) =>
    db
      .selectFrom("prices")
      .selectAll()
      .where("product", "=", product)
      .where("channel", "=", channel)
      .where("currency", "=", currency),
);

/** All prices of a product in one channel and currency. */
export async function findPricesOf(
  db: Reader,
  product: ProductId,
  channel: string,
  currency: string,
): Promise<readonly Price[]> {
  return (await selectPricesOf(db, { product, channel, currency })).map(toPrice);
}

/** The products named, with their prices in the partner's currency and in each channel that it has, as the core looks them up. */
export async function loadCatalogue(
  db: Reader,
  terms: PartnerTerms,
  ids: Iterable<ProductId>,
): Promise<Context["catalogue"]> {
  const channels = new Set<PartnerType>([terms.type]);
  if (terms.mspFrom !== null) channels.add("msp");
  const products = new Map<
    ProductId,
    { readonly product: Product; readonly prices: ReadonlyMap<PartnerType, readonly Price[]> }
  >();
  for (const id of new Set(ids)) {
    const product = await findProduct(db, id);
    if (product === undefined) continue;
    const prices = new Map<PartnerType, readonly Price[]>();
    for (const channel of channels)
      prices.set(channel, await findPricesOf(db, id, channel, terms.currency));
    products.set(id, { product, prices });
  }
  return {
    product: (id) => products.get(id)?.product,
    priceOn: (id, day) => priceOn(products.get(id)?.prices.get(channelOn(terms, day)) ?? [], day),
  };
}

/** One of the products that subscriptions not stopped have, or are to have, which has no price in the channel and currency in force on `day`. */
export async function findUnpricedProductInUse(
  db: Reader,
  partner: PartnerId,
  channel: string,
  currency: string,
  day: LocalDate,
): Promise<StoredProduct | undefined> {
  const inUse = (column: "product" | "scheduled_product") =>
    db
      .selectFrom("subscriptions")
      .select(column)
      .where("partner", "=", partner)
      .where("status", "not in", ["canceled", "expired"])
      .where(column, "is not", null);
  const row = await db
    .selectFrom("products")
    .selectAll()
    .where((where) =>
      where.or([
        where("id", "in", inUse("product")),
        where("id", "in", inUse("scheduled_product")),
      ]),
    )
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom("prices")
            .select("prices.id")
            .whereRef("prices.product", "=", "products.id")
            .where("channel", "=", channel)
            .where("currency", "=", currency)
            .where("valid_from", "<=", day),
        ),
      ),
    )
    .orderBy("code")
    .limit(1)
    .executeTakeFirst();
  return row && toProduct(row);
}

function toProduct(row: Selectable<ProductTable>): StoredProduct {
  return {
    id: toProductId(row.id),
    code: row.code,
    name: row.name,
    unit: row.unit,
    minQuantity: row.min_quantity,
    maxQuantity: row.max_quantity,
    createdAt: toInstant(row.created_at),
  };
}

function toPrice(row: Selectable<PriceTable>): StoredPrice {
  return {
    id: toPriceId(row.id),
    product: toProductId(row.product),
    channel: row.channel,
    currency: row.currency,
    unitPrice: toUnitPrice(BigInt(row.unit_price)),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written from a LocalDate
    validFrom: row.valid_from as LocalDate,
    tiers: toTiers(row.tiers),
    createdAt: toInstant(row.created_at),
  };
}

function toTiers(text: string): readonly Tier[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by insertPrice
  const tiers = JSON.parse(text) as { from: number; discountPercent: string }[];
  return tiers.map(({ from, discountPercent }) => ({
    from,
    discountPercent: toPercent(BigInt(discountPercent)),
  }));
}
