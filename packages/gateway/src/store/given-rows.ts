import { sql, type RawBuilder } from "kysely";
import type { Dialect } from "./store.ts";

type Value = string | number | null;

/**
 * Rows given to a statement in one parameter, or one for each column, so that its text is the same however many they are.
 * The columns are `c0`, `c1`, …; texts compare as those of our tables do.
 */
export function givenRows(
  dialect: Dialect,
  rows: readonly (readonly Value[])[],
  types: readonly ("text" | "bigint")[],
): RawBuilder<unknown> {
  if (dialect === "sqlite") {
    const text = JSON.stringify(rows);
    const columns = types.map((_, index) => sql.raw(`value ->> ${index} as c${index}`));
    return sql`(select ${sql.join(columns)} from json_each(${text}))`;
  }
  // One array for each column: PostgreSQL would read a row's JSON again for each of its values.
  const arrays = types.map(
    (type, index) => sql`cast(${rows.map((row) => row[index] ?? null)} as ${sql.raw(type)}[])`,
  );
  const names = sql.join(types.map((_, index) => sql.raw(`v${index}`)));
  const columns = types.map((type, index) =>
    sql.raw(type === "text" ? `v${index} collate "C" as c${index}` : `v${index} as c${index}`),
  );
  return sql`(select ${sql.join(columns)} from unnest(${sql.join(arrays)}) as given(${names}))`;
}
