import { sql } from "kysely";
import type { Store } from "../store/store.ts";

/** The whole database as text: every row of every table. Two dumps are equal exactly if nothing has changed. */
export async function dumpTables(
  store: Store,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = await store.reader.introspection.getTables();
  const dump: Record<string, readonly string[]> = {};
  for (const { name } of tables) {
    const { rows } = await sql`select * from ${sql.table(name)}`.execute(store.reader);
    dump[name] = rows
      .map((row) =>
        JSON.stringify(row, (_key, value: unknown) =>
          typeof value === "bigint" ? String(value) : value,
        ),
      )
      .toSorted();
  }
  return dump;
}
