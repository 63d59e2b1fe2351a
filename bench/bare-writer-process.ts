import SqliteDatabase from "better-sqlite3";

// The yardstick for writing: commits the very rows that the gateway has written, one transaction for each subscription,
// with prepared statements and the same settings. usage: <gateway's file> <fresh file>
const [sourcePath = "", targetPath = ""] = process.argv.slice(2);
const source = new SqliteDatabase(sourcePath, { readonly: true });
const target = new SqliteDatabase(targetPath);
target.pragma("journal_mode = wal");
target.pragma("synchronous = full");
target.pragma("cache_size = -65536");
target.pragma("wal_autocheckpoint = 4000");
target.pragma("foreign_keys = on");
type Row = Readonly<Record<string, unknown>>;

const schema = source
  .prepare<[], { sql: string }>(
    "select sql from sqlite_master where sql is not null and name not like 'sqlite_%' order by type desc",
  )
  .all();
for (const { sql } of schema) target.exec(sql);

const tables = [
  { name: "subscriptions", of: "id" },
  { name: "events", of: "subscription" },
  { name: "event_places", of: "subscription" },
  { name: "audit_log", of: "subject" },
];
const selects = tables.map(({ name, of }) =>
  source.prepare<[string], Row>(`select * from ${name} where "${of}" = ?`),
);
const answers = source.prepare<[], Row>("select * from idempotency_keys order by created_at").all();
const ids = source.prepare<[], { id: string }>("select id from subscriptions order by id").all();
const work = ids.map(({ id }, index) => [
  ...selects.map((select) => select.all(id)),
  answers.slice(index, index + 1),
]);
const insertInto = (name: string, columns: readonly string[]): SqliteDatabase.Statement =>
  target.prepare(
    `insert into ${name} (${columns.map((column) => `"${column}"`).join(", ")}) values (${columns.map(() => "?").join(", ")})`,
  );
// What the rows refer to is there before the clock starts.
for (const name of ["partners", "customers"]) {
  for (const row of source.prepare<[], Row>(`select * from ${name}`).all())
    insertInto(name, Object.keys(row)).run(...Object.values(row));
}
source.close();

const inserts = [...tables.map(({ name }) => name), "idempotency_keys"].map((name, index) => {
  const statement = insertInto(name, Object.keys(work[0]?.[index]?.[0] ?? {}));
  return (row: Row): unknown => statement.run(...Object.values(row));
});
const commit = target.transaction((rowsByTable: readonly (readonly Row[])[]) => {
  for (const [index, rows] of rowsByTable.entries()) for (const row of rows) inserts[index]?.(row);
});
const start = performance.now();
for (const rows of work) commit.immediate(rows);
console.log(JSON.stringify({ perSecond: work.length / ((performance.now() - start) / 1_000) }));
target.close();
