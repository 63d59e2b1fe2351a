import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import { threadId } from "node:worker_threads";
import type SqliteDatabase from "better-sqlite3";
import type pg from "pg";

// Loaded before the gateway's own program (`node --import`): counts, at the drivers, every statement that goes to the database,
// and notes when the transaction that stored an event was committed. Nothing of the gateway knows of it.

const file = process.env["BENCH_WATCH_FILE"];
const gateway = createRequire(import.meta.resolve("@evergate/gateway/package.json"));

const counts = new Map<string, number>();
const commits: (readonly [string, number])[] = [];
/** Of each connection, the events that its open transaction has stored. */
const stored = new WeakMap<object, string[]>();

function note(connection: object, text: string, values: readonly unknown[]): void {
  counts.set(text, (counts.get(text) ?? 0) + 1);
  if (!text.startsWith('insert into "events"')) return;
  const events = stored.get(connection) ?? [];
  for (const value of values)
    if (typeof value === "string" && value.startsWith("evt_")) events.push(value);
  stored.set(connection, events);
}

function noteCommit(connection: object): void {
  const atMs = Number(process.hrtime.bigint()) / 1e6;
  for (const event of stored.get(connection) ?? []) commits.push([event, atMs]);
  stored.delete(connection);
}

function watchSqlite(): void {
  const Database = gateway("better-sqlite3") as typeof SqliteDatabase;
  const probe = new Database(":memory:");
  const prototype = Object.getPrototypeOf(probe.prepare("select 1")) as SqliteDatabase.Statement;
  probe.close();
  for (const name of ["run", "all", "get", "iterate"] as const) {
    const original = prototype[name] as (...values: unknown[]) => unknown;
    Object.defineProperty(prototype, name, {
      value(this: SqliteDatabase.Statement, ...values: unknown[]): unknown {
        note(this.database, this.source, values);
        const result = original.apply(this, values);
        if (this.source === "commit") noteCommit(this.database);
        return result;
      },
    });
  }
}

function watchPostgres(): void {
  const { Client } = gateway("pg") as typeof pg;
  // oxlint-disable-next-line typescript/unbound-method -- it is given its client again below
  const original = Client.prototype.query as (...values: unknown[]) => unknown;
  Client.prototype.query = function query(this: object, ...values: unknown[]): unknown {
    const [first, second] = values as [string | { text?: string; values?: unknown[] }, unknown];
    const text = typeof first === "string" ? first : (first.text ?? "");
    const parameters = Array.isArray(second)
      ? second
      : typeof first === "string"
        ? []
        : (first.values ?? []);
    note(this, text, parameters as readonly unknown[]);
    const result = original.apply(this, values);
    if (text === "commit" && result instanceof Promise)
      return result.then((value: unknown) => {
        noteCommit(this);
        return value;
      });
    return result;
  } as typeof Client.prototype.query;
}

function write(): void {
  if (file === undefined) return;
  appendFileSync(
    `${file}.${threadId}`,
    `${JSON.stringify({ counts: [...counts], commits: commits.splice(0) })}\n`,
  );
  counts.clear();
}

if (process.env["EVERGATE_DATABASE_URL"]?.startsWith("file:") === true) watchSqlite();
else watchPostgres();
setInterval(write, 500).unref();
process.once("exit", write);
