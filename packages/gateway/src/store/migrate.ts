import { sql } from "kysely";
import type { Dialect, Reader, Store, Transaction } from "./store.ts";
import { first } from "./migrations/0001-first.ts";
import type { Migration, Words } from "./migrations/migration.ts";

/** In order, forward only; one that was released is never edited. */
const migrations: readonly Migration[] = [first];

const wordsOf: Readonly<Record<Dialect, Words>> = {
  sqlite: { id: "text", int8: "integer", amount: "text", partnerTable: "without rowid" },
  postgres: { id: 'text collate "C"', int8: "bigint", amount: "numeric", partnerTable: "" },
};

/** Thrown where the database was migrated by a newer Evergate than this one. */
export class NewerSchemaError extends Error {
  override readonly name = "NewerSchemaError";
}

/**
 * Brings the database up to this program's schema and answers the names of what was applied.
 * Two processes may do it at once: the second waits for the first and finds nothing left to do.
 * Throws {@link NewerSchemaError} where the database knows migrations that this program doesn't.
 */
export async function migrate(store: Store): Promise<readonly string[]> {
  return store.transaction(async (tx) => {
    await lockSchema(tx, store.dialect);
    const applied = await listApplied(tx);
    refuseNewer(applied);
    const missing = migrations.filter((migration) => !applied.includes(migration.name));
    for (const migration of missing) {
      for (const statement of migration.statements(wordsOf[store.dialect]))
        await sql.raw(statement).execute(tx);
      await sql`insert into migrations (name, applied_at) values (${migration.name}, ${Temporal.Now.instant().epochMilliseconds})`.execute(
        tx,
      );
    }
    return missing.map((migration) => migration.name);
  });
}

/**
 * Whether the schema is the one that this program needs; it needs no right but to read.
 * Throws {@link NewerSchemaError} where it is a newer one.
 */
export async function isMigrated(store: Store): Promise<boolean> {
  let applied: readonly string[];
  try {
    applied = await listApplied(store.reader);
  } catch (error) {
    // An empty database has not even the list of what was applied.
    if (
      error instanceof Error &&
      (/no such table/.test(error.message) || ("code" in error && error.code === "42P01"))
    )
      return false;
    throw error;
  }
  refuseNewer(applied);
  return migrations.every((migration) => applied.includes(migration.name));
}

function refuseNewer(applied: readonly string[]): void {
  const unknown = applied.find((name) => !migrations.some((migration) => migration.name === name));
  if (unknown !== undefined)
    throw new NewerSchemaError(
      `The database has been migrated by a newer Evergate (it knows "${unknown}", this one doesn't). Start the newer version.`,
    );
}

async function lockSchema(tx: Transaction, dialect: Dialect): Promise<void> {
  // "create table if not exists" can fail when two PostgreSQL sessions race for it; SQLite has one writer anyway.
  if (dialect === "postgres") await sql`select pg_advisory_xact_lock(7301964420)`.execute(tx);
  await sql
    .raw(
      "create table if not exists migrations (name text primary key, applied_at bigint not null)",
    )
    .execute(tx);
}

async function listApplied(db: Reader): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from migrations order by name`.execute(
    db,
  );
  return rows.map((row) => row.name);
}
