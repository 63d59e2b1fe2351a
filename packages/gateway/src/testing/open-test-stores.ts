import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";
import { migrate } from "../store/migrate.ts";
import { openStore } from "../store/open-store.ts";
import type { Dialect, Store } from "../store/store.ts";

/** Real files, in memory where the system has such a folder: no test pulls the plug, so none needs to wait for a disk. */
const testFolder = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

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
  { name: "sqlite", open: () => openFresh(createSqliteFile), createDatabase: createSqliteFile },
  {
    name: "postgres",
    open: () => openFresh(createPostgresDatabase),
    createDatabase: createPostgresDatabase,
  },
];

async function openFresh(create: () => Promise<TestDatabase>): Promise<Store> {
  const database = await create();
  const store = await openStore(database.url);
  await migrate(store);
  return {
    ...store,
    close: async () => {
      await store.close();
      await database.remove();
    },
  };
}

async function createSqliteFile(): Promise<TestDatabase> {
  const directory = mkdtempSync(join(testFolder, "evergate-test-"));
  return {
    url: `file:${join(directory, "evergate.db")}`,
    remove: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function createPostgresDatabase(): Promise<TestDatabase> {
  const serverUrl = inject("postgresUrl");
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await askServer(serverUrl, `create database ${name}`);
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
