import { CompiledQuery, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import type { Database } from "./schema.ts";
import type { Store, Transaction } from "./store.ts";
import { isTransient, translatePostgresError } from "./translate-error.ts";

/** Deadlock victims and serialisation failures are run again so often; after that the caller hears of it. */
const maximumTries = 5;

/**
 * A process that stands still in a transaction (a frozen machine, a lost network) keeps its locks no longer than this.
 * Our transactions are idle for milliseconds, between one query and the next.
 */
const defaultIdleTransactionMs = 30_000;

/** Opens a pool of connections to PostgreSQL. Nothing is connected before the first query. */
export function openPostgres(
  url: string,
  poolSize: number,
  idleTransactionMs: number = defaultIdleTransactionMs,
): Store {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    application_name: "evergate",
    types: {
      getTypeParser: (oid, format) =>
        oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format),
    },
  });
  // A connection that breaks while idle is replaced by the pool; unheard, the event would end the process.
  pool.on("error", () => {});
  // The same of one that breaks between two queries of a transaction: the next query fails, which is told to its caller.
  pool.on("connect", (client) => client.on("error", () => {}));
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({
      pool,
      onCreateConnection: async (connection) => {
        await connection.executeQuery(
          CompiledQuery.raw(`set idle_in_transaction_session_timeout = ${idleTransactionMs}`),
        );
      },
    }),
  });
  return {
    dialect: "postgres",
    reader: db,
    transaction: async (work) => {
      for (let attempt = 1; ; attempt++) {
        try {
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the only place where a transaction's type is given
          return await db.transaction().execute((trx) => work(trx as unknown as Transaction));
        } catch (error) {
          if (!isTransient(error) || attempt === maximumTries) throw error;
        }
      }
    },
    lendWriting: null,
    translate: translatePostgresError,
    close: () => db.destroy(),
  };
}
