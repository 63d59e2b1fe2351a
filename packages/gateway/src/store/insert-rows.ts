import { CompiledQuery, sql, type RawBuilder } from "kysely";
import type { Database } from "./schema.ts";
import type { Transaction } from "./store.ts";

/** SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535. */
const maximumParameters = 32_000;

/** Chunks are mostly full, so there are few shapes; the bound is against a bug that would make new ones all the time. */
const maximumTexts = 500;

type Value = string | number | bigint | null;

/** The statements' texts, for each database apart. */
const textsByAdapter = new WeakMap<object, Map<string, string>>();

/**
 * Inserts rows of one table, many in a statement; with `replacing`, a row whose key exists takes the new values.
 * All rows have the columns of the first.
 *
 * Kysely makes the statement's text once for each shape and it is kept: to build and compile forty columns anew
 * for every request costs more than the database's own work.
 */
export async function insertRows<T extends keyof Database>(
  tx: Transaction,
  table: T,
  rows: readonly Readonly<Record<keyof Database[T] & string, Value>>[],
  replacing: readonly (keyof Database[T] & string)[] | null = null,
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a row are the columns of its table
  const columns = Object.keys(first) as (keyof Database[T] & string)[];
  const chunkSize = Math.floor(maximumParameters / columns.length);
  for (let start = 0; start < rows.length; start += chunkSize) {
    const chunk = rows.slice(start, start + chunkSize);
    const text = getText(tx, table, columns, chunk.length, replacing);
    await tx.executeQuery(CompiledQuery.raw(text, chunk.flatMap((row) => columns.map((column) => row[column]))));
  }
}

function getText(tx: Transaction, table: string, columns: readonly string[], count: number, replacing: readonly string[] | null): string {
  const { adapter } = tx.getExecutor();
  let texts = textsByAdapter.get(adapter);
  if (texts === undefined) textsByAdapter.set(adapter, (texts = new Map()));
  const key = `${table} ${count}`;
  let text = texts.get(key);
  if (text === undefined) {
    if (texts.size >= maximumTexts) texts.clear();
    text = makeStatement(table, columns, count, replacing).compile(tx).sql;
    texts.set(key, text);
  }
  return text;
}

function makeStatement(table: string, columns: readonly string[], count: number, replacing: readonly string[] | null): RawBuilder<unknown> {
  const row = sql`(${sql.join(columns.map(() => sql`${null}`))})`;
  const values = sql.join(Array.from({ length: count }, () => row));
  const insert = sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${values}`;
  if (replacing === null) return insert;
  const updates = columns.filter((column) => !replacing.includes(column)).map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`);
  return sql`${insert} on conflict (${sql.join(replacing.map((column) => sql.ref(column)))}) do update set ${sql.join(updates)}`;
}
