import SqliteDatabase from "better-sqlite3";
import pg from "pg";

/** Looks into a database beside the gateway that serves it. */
export interface BareReader {
  /** The first column of the first row. */
  readNumber(sql: string): Promise<number>;
  close(): Promise<void>;
}

export async function openBareReader(url: string): Promise<BareReader> {
  if (url.startsWith("file:")) {
    const database = new SqliteDatabase(url.slice("file:".length), { readonly: true });
    return {
      readNumber: async (sql) => Number(database.prepare(sql).pluck().get()),
      close: async () => void database.close(),
    };
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    readNumber: async (sql) => {
      const { rows } = await client.query<[string]>({ text: sql, rowMode: "array" });
      return Number(rows[0]?.[0]);
    },
    close: () => client.end(),
  };
}
