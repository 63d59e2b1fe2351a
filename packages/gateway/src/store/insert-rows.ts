import { CompiledQuery, sql, type RawBuilder } from "kysely";
import type { Database } from "./schema.ts";
import type { Transaction } from "./store.ts";

/** SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535. */
const maximumParameters = 32_000;

/** Chunks are mostly full, so there are few shapes; the bound is against a bug that would make new ones all the time. */
const maximumTexts = 500;

type Value = string | number | bigint | null;

/** What becomes of a row whose key exists already. */
interface Existing<Column extends string> {
  readonly key: readonly Column[];
  readonly row: "stays" | "is replaced";
}

/** The statements' texts, for each database apart. */
const textsByAdapter = new WeakMap<object, Map<string, string>>();

/**
 * Inserts rows of one table, many in a statement. All rows have the columns of the first.
 * A row whose key exists fails with a unique violation, unless `existing` says that it stays or takes the new values.
 *
 * Kysely makes the statement's text once for each shape and it is kept: to build and compile forty columns anew
 * for every request costs more than the database's own work.
 */
export async function insertRows<T extends keyof Database>(
  tx: Transaction,
  table: T,
  rows: readonly Readonly<Record<keyof Database[T] & string, Value>>[],
  existing: Existing<keyof Database[T] & string> | null = null,
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a row are the columns of its table
  const columns = Object.keys(first) as (keyof Database[T] & string)[];
  const chunkSize = Math.floor(maximumParameters / columns.length);
  for (let start = 0; start < rows.length; start += chunkSize) {
    const chunk = rows.slice(start, start + chunkSize);
    const text = getText(tx, table, columns, chunk.length, existing);
    await tx.executeQuery(
      CompiledQuery.raw(
        text,
        chunk.flatMap((row) => columns.map((column) => row[column])),
      ),
    );
  }
}

function getText(
  tx: Transaction,
  table: string,
  columns: readonly string[],
  count: number,
  existing: Existing<string> | null,
): string {
  const { adapter } = tx.getExecutor();
  let texts = textsByAdapter.get(adapter);
  if (texts === undefined) textsByAdapter.set(adapter, (texts = new Map()));
  const key = `${table} ${count} ${existing?.row ?? ""}`;
  let text = texts.get(key);
  if (text === undefined) {
    if (texts.size >= maximumTexts) texts.clear();
    text = makeStatement(table, columns, count, existing).compile(tx).sql;
    texts.set(key, text);
  }
  return text;
}

function makeStatement(
  table: string,
  columns: readonly string[],
  count: number,
  existing: Existing<string> | null,
): RawBuilder<unknown> {
  const row = sql`(${sql.join(columns.map(() => sql`${null}`))})`;
  const values = sql.join(Array.from({ length: count }, () => row));
  const insert = sql`insert into ${sql.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${values}`;
  if (existing === null) return insert;
  const conflict = sql`${insert} on conflict (${sql.join(existing.key.map((column) => sql.ref(column)))})`;
  if (existing.row === "stays") return sql`${conflict} do nothing`;
  const updates = columns
    .filter((column) => !existing.key.includes(column))
    .map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`);
  return sql`${conflict} do update set ${sql.join(updates)}`;
}
