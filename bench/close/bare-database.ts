import SqliteDatabase from "better-sqlite3";
import pg from "pg";

export type Value = string | number | bigint | null;
export type Row = Readonly<Record<string, Value>>;

/** The bare way to a database: prepared statements on SQLite, multi-row inserts on PostgreSQL; both in transactions of 10,000 rows. */
export interface BareDatabase {
  select(sql: string): Promise<readonly Row[]>;
  /** Inserts rows of one shape in one transaction. With a key, rows that are there already are replaced. */
  insert(table: string, rows: readonly Row[], key?: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export async function openBare(url: string): Promise<BareDatabase> {
  return url.startsWith("file:")
    ? openBareSqlite(url.slice("file:".length))
    : openBarePostgres(url);
}

function openBareSqlite(path: string): BareDatabase {
  const database = new SqliteDatabase(path);
  for (const setting of [
    "journal_mode = wal",
    "synchronous = full",
    "cache_size = -65536",
    "wal_autocheckpoint = 4000",
    "foreign_keys = on",
  ])
    database.pragma(setting);
  return {
    select: async (sql) => database.prepare<[], Row>(sql).all(),
    insert: async (table, rows, key) => {
      const columns = Object.keys(rows[0] ?? {});
      const statement = database.prepare(
        `insert into ${table} (${quote(columns)}) values (${columns.map(() => "?").join(", ")})${onConflict(columns, key)}`,
      );
      database.transaction(() => {
        for (const row of rows) statement.run(...Object.values(row));
      })();
    },
    close: async () => {
      database.close();
    },
  };
}

const maximumParameters = 60_000;

async function openBarePostgres(url: string): Promise<BareDatabase> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    select: async (sql) => (await client.query<Row>(sql)).rows,
    insert: async (table, rows, key) => {
      const columns = Object.keys(rows[0] ?? {});
      const size = Math.floor(maximumParameters / columns.length);
      await client.query("begin");
      for (let start = 0; start < rows.length; start += size) {
        const chunk = rows.slice(start, start + size);
        const values = chunk.map(
          (_, row) =>
            `(${columns.map((__, column) => `$${row * columns.length + column + 1}`).join(", ")})`,
        );
        await client.query({
          name: `${table} ${chunk.length}`,
          text: `insert into ${table} (${quote(columns)}) values ${values.join(", ")}${onConflict(columns, key)}`,
          values: chunk.flatMap((row) => Object.values(row)),
        });
      }
      await client.query("commit");
    },
    close: () => client.end(),
  };
}

function quote(columns: readonly string[]): string {
  return columns.map((column) => `"${column}"`).join(", ");
}

function onConflict(columns: readonly string[], key: readonly string[] | undefined): string {
  if (key === undefined) return "";
  const updates = columns
    .filter((column) => !key.includes(column))
    .map((column) => `"${column}" = excluded."${column}"`);
  return ` on conflict (${key.join(", ")}) do update set ${updates.join(", ")}`;
}
