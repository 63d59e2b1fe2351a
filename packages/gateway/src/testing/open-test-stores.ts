import { randomUUID } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import pg from "pg";
import { inject } from "vitest";
import { migrate } from "../store/migrate.ts";
import { openStore } from "../store/open-store.ts";
import type { Dialect, Store } from "../store/store.ts";
import { fastFolder } from "./fast-folder.ts";

export interface TestDatabase {
  readonly url: string;
  remove(): Promise<void>;
}

export interface TestStores {
  readonly name: Dialect;
  /** A fresh, migrated database of its own; `close` removes it. */
  open(): Promise<Store>;
  /** A fresh, empty database by its URL, for a gateway in a process of its own. */
  createDatabase(): Promise<TestDatabase>;
}

/** Every suite that touches the store runs on both: `describe.each(testStores)("… on $name", …)`. */
export const testStores: readonly TestStores[] = [
  { name: "sqlite", open: openSqlite, createDatabase: createSqliteFile },
  {
    name: "postgres",
    open: openPostgres,
    createDatabase: () => createPostgresDatabase("template1"),
  },
];

/** Each test file migrates one database, of which its tests get copies: a migration takes longer than most of them. */
let sqliteTemplate: Promise<string> | undefined;
let postgresTemplate: Promise<string> | undefined;

async function openSqlite(): Promise<Store> {
  const template = await (sqliteTemplate ??= makeSqliteTemplate());
  const database = await createSqliteFile();
  copyFileSync(template, toPath(database));
  return openDatabase(database);
}

async function makeSqliteTemplate(): Promise<string> {
  const database = await createSqliteFile();
  process.once("exit", () => void database.remove());
  await migrateOnce(database);
  const path = toPath(database);
  const file = new Database(path);
  // All of it is in the one file that is copied.
  file.pragma("wal_checkpoint(truncate)");
  file.close();
  return path;
}

function toPath({ url }: TestDatabase): string {
  return url.slice("file:".length);
}

async function openPostgres(): Promise<Store> {
  const template = await (postgresTemplate ??= makePostgresTemplate());
  return openDatabase(await createPostgresDatabase(template));
}

async function makePostgresTemplate(): Promise<string> {
  const database = await createPostgresDatabase("template1");
  await migrateOnce(database);
  return new URL(database.url).pathname.slice(1);
}

async function migrateOnce({ url }: TestDatabase): Promise<void> {
  const store = await openStore(url);
  await migrate(store);
  await store.close();
}

async function openDatabase(database: TestDatabase): Promise<Store> {
  const store = await openStore(database.url);
  return {
    ...store,
    close: async () => {
      await store.close();
      await database.remove();
    },
  };
}

async function createSqliteFile(): Promise<TestDatabase> {
  const directory = mkdtempSync(join(fastFolder, "evergate-test-"));
  return {
    url: `file:${join(directory, "evergate.db")}`,
    remove: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function createPostgresDatabase(template: string): Promise<TestDatabase> {
  const serverUrl = inject("postgresUrl");
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  // Files that lie in memory are copied faster than pages are logged.
  await askServer(serverUrl, `create database ${name} template ${template} strategy file_copy`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    remove: () => askServer(serverUrl, `drop database if exists ${name} with (force)`),
  };
}

async function askServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
