import { CompiledQuery, type Compilable } from "kysely";
import type { Reader } from "./store.ts";

type Parameters = Readonly<Record<string, string | number | null>>;

/** Stands in a query for a value that is given at each call. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Makes a query that is built and compiled once for each database and then only given its values.
 * For what every request asks: Kysely's building takes longer there than the database's answer.
 * `build` must put every value of `parameters` into the query as it is, as one comparison's right side.
 *
 * @example
 * const selectByHash = compileOnce((db, { hash }: { hash: string }) => db.selectFrom("api_keys").selectAll().where("hash", "=", hash));
 * const [row] = await selectByHash(db, { hash });
 */
export function compileOnce<P extends Parameters, Row>(
  build: (db: Reader, parameters: P) => Compilable<Row>,
): (db: Reader, parameters: P) => Promise<Row[]> {
  const compiled = new WeakMap<object, CompiledQuery<Row>>();
  return async (db, parameters) => {
    const { adapter } = db.getExecutor();
    let query = compiled.get(adapter);
    if (query === undefined) {
      const placeholders: unknown = Object.fromEntries(
        Object.keys(parameters).map((name) => [name, new Placeholder(name)]),
      );
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Kysely carries a value through a comparison without looking at it
      query = build(db, placeholders as P).compile();
      compiled.set(adapter, query);
    }
    const values = query.parameters.map((value) =>
      value instanceof Placeholder ? parameters[value.name] : value,
    );
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(query.sql, values));
    return rows;
  };
}
