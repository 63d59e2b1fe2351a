import { sql, type RawBuilder } from "kysely";
import type { Dialect } from "./store.ts";

type Value = string | number | null;

/**
 * Rows given to a statement as one parameter, so that its text is the same however many they are. The columns are
 * `c0`, `c1`, …; texts compare as those of our tables do.
 */
export function fromJson(
  dialect: Dialect,
  rows: readonly (readonly Value[])[],
  types: readonly ("text" | "bigint")[],
): RawBuilder<unknown> {
  const text = JSON.stringify(rows);
  if (dialect === "sqlite") {
    const columns = types.map((_, index) => sql.raw(`value ->> ${index} as c${index}`));
    return sql`(select ${sql.join(columns)} from json_each(${text}))`;
  }
  const columns = types.map((type, index) =>
    sql.raw(
      type === "text"
        ? `(row ->> ${index}) collate "C" as c${index}`
        : `(row ->> ${index})::bigint as c${index}`,
    ),
  );
  return sql`(select ${sql.join(columns)} from json_array_elements(cast(${text} as json)) as given(row))`;
}
