import { cpSync, existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { startPostgres } from "../../packages/gateway/src/testing/start-postgres.ts";

/** Where databases for measuring come from. */
export interface Databases {
  readonly name: string;
  create(name: string): Promise<string>;
  /** A copy of a database that nobody uses. */
  copy(url: string, name: string): Promise<string>;
  drop(url: string): Promise<void>;
  sizeOf(url: string): Promise<number>;
  stop(): Promise<void>;
}

export function useSqlite(directory: string): Databases {
  const toUrl = (name: string): string => `file:${join(directory, `${name}.db`)}`;
  const toPath = (url: string): string => url.slice("file:".length);
  return {
    name: "SQLite",
    create: async (name) => toUrl(name),
    copy: async (url, name) => {
      for (const end of ["", "-wal", ".key"])
        if (existsSync(toPath(url) + end)) cpSync(toPath(url) + end, toPath(toUrl(name)) + end);
      return toUrl(name);
    },
    drop: async (url) => {
      for (const end of ["", "-wal", "-shm", ".key"]) rmSync(toPath(url) + end, { force: true });
    },
    sizeOf: async (url) => statSync(toPath(url)).size,
    stop: async () => {},
  };
}

/** One server for the gateway and for its yardstick, each with a database of its own. */
export async function usePostgres(): Promise<Databases> {
  const server = await startPostgres();
  const ask = async (url: string, sql: string): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  };
  const toUrl = (name: string): string => {
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const nameOf = (url: string): string => new URL(url).pathname.slice(1);
  return {
    name: "PostgreSQL",
    create: async (name) => {
      await ask(server.url, `create database ${name}`);
      return toUrl(name);
    },
    copy: async (url, name) => {
      await ask(server.url, `create database ${name} template ${nameOf(url)}`);
      return toUrl(name);
    },
    drop: async (url) => {
      await ask(server.url, `drop database ${nameOf(url)} with (force)`);
    },
    sizeOf: async (url) => {
      const { rows } = await ask(
        url,
        "select pg_database_size(current_database())::float8 as size",
      );
      return (rows as { readonly size: number }[])[0]?.size ?? 0;
    },
    stop: () => server.stop(),
  };
}
