import { openBare, type Row } from "./bare-database.ts";

// The yardstick: inserts the very rows with which the gateway has closed the month into a copy of the database as it was
// before, by prepared statements (multi-row inserts on PostgreSQL) in large transactions. Reading them is not counted.
// usage: <database after the close> <database before it>
const [after = "", before = ""] = process.argv.slice(2);
const rowsAtOnce = 10_000;

const tables = [
  { name: "subscriptions", key: ["partner", "id"], isReplaced: true },
  { name: "charges", key: ["partner", "id"] },
  { name: "events", key: ["partner", "id"] },
  { name: "event_places", key: ["partner", "event"] },
  { name: "audit_log", key: ["partner", "id"] },
  { name: "audit_links", key: ["partner", "entry"] },
  { name: "audit_heads", key: ["partner"] },
  { name: "bill_customers", key: ["partner", "month", "customer"] },
  { name: "bill_units", key: ["partner", "month", "product"] },
  { name: "settlements", key: ["partner", "month"] },
  { name: "bills", key: ["partner", "id"] },
];

const source = await openBare(after);
const target = await openBare(before);
let spentMs = 0;
for (const { name, key, isReplaced } of tables) {
  const known =
    isReplaced === true ? [] : await target.select(`select ${key.join(", ")} from ${name}`);
  const isKnown = new Set(known.map((row) => Object.values(row).join(" ")));
  let last: Row | undefined;
  for (;;) {
    const place: string =
      last === undefined
        ? ""
        : `where (${key.join(", ")}) > (${key.map((column) => `'${String(last?.[column])}'`).join(", ")})`;
    const rows = await source.select(
      `select * from ${name} ${place} order by ${key.join(", ")} limit ${rowsAtOnce}`,
    );
    last = rows.at(-1);
    const fresh = rows.filter(
      (row) => isKnown.size === 0 || !isKnown.has(key.map((column) => row[column]).join(" ")),
    );
    if (fresh.length > 0) {
      const start = performance.now();
      await target.insert(name, fresh, isReplaced === true ? key : undefined);
      spentMs += performance.now() - start;
    }
    if (rows.length < rowsAtOnce) break;
  }
}
await Promise.all([source.close(), target.close()]);
console.log(JSON.stringify({ seconds: spentMs / 1_000 }));
