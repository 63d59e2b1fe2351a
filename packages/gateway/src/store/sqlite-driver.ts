import type SqliteDatabase from "better-sqlite3";
import {
  type CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
} from "kysely";

/** More statements than the gateway has; the bound is against a bug that would make a new one per request. */
const maximumStatements = 500;

/**
 * A Kysely dialect over one better-sqlite3 connection that keeps its prepared statements
 * (Kysely's own prepares each anew, which costs four times the read itself)
 * and leaves transactions to {@link openSqlite}, which shares commits.
 */
export function sqliteDialect(
  database: SqliteDatabase.Database,
  beforeQuery: () => void = () => {},
): Dialect {
  const connection = new PreparedConnection(database, beforeQuery);
  return {
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createDriver: () => ({
      init: async () => {},
      acquireConnection: async () => connection,
      beginTransaction: refuseTransaction,
      commitTransaction: refuseTransaction,
      rollbackTransaction: refuseTransaction,
      releaseConnection: async () => {},
      destroy: async () => {
        database.close();
      },
    }),
  };
}

async function refuseTransaction(): Promise<never> {
  throw new Error("Use store.transaction(): on SQLite transactions share commits.");
}

class PreparedConnection implements DatabaseConnection {
  readonly #database: SqliteDatabase.Database;
  readonly #beforeQuery: () => void;
  readonly #statements = new Map<string, SqliteDatabase.Statement>();

  constructor(database: SqliteDatabase.Database, beforeQuery: () => void) {
    this.#database = database;
    this.#beforeQuery = beforeQuery;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    this.#beforeQuery();
    const statement = this.#prepare(query.sql);
    if (statement.reader) {
      const rows = statement.all(...query.parameters);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rows are what Kysely has typed the query with
      return { rows: rows as Row[] };
    }
    const { changes } = statement.run(...query.parameters);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  async *streamQuery<Row>(query: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    this.#beforeQuery();
    for (const row of this.#prepare(query.sql).iterate(...query.parameters)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- likewise
      yield { rows: [row as Row] };
    }
  }

  #prepare(text: string): SqliteDatabase.Statement {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      if (this.#statements.size >= maximumStatements) this.#statements.clear();
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
