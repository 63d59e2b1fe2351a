import type { SelectQueryBuilder } from "kysely";
import type { IdPrefix } from "../ids.ts";
import type { Database } from "./schema.ts";

/** As many as the contract says where nobody asks for another number. */
const defaultLimit = 50;

export interface PageRequest {
  readonly limit?: number | undefined;
  /** A cursor that an earlier page gave. */
  readonly after?: string | undefined;
}

/** A page was asked for after something that this list does not know. The message says what it has to be. */
export class UnknownCursorError extends Error {
  override readonly name = "UnknownCursorError";
}

/** How many rows a page may have. */
export function limitOf(page: PageRequest): number {
  return page.limit ?? defaultLimit;
}

export interface Page<T> {
  readonly data: T[];
  readonly nextCursor: string | null;
}

/** A page of rows that have an `id` of one kind (which grows with time), newest first. The cursor is the last id, encoded so that nobody builds on it. */
export async function listNewestFirst<Row extends { id: string }, T>(
  // oxlint-disable-next-line typescript/no-explicit-any -- Kysely's builder is invariant in its table; only `id` is used here
  query: SelectQueryBuilder<Database, any, Row>,
  kind: IdPrefix,
  page: PageRequest,
  read: (row: Row) => T,
): Promise<Page<T>> {
  return mergeNewestFirst([query], kind, page, read);
}

/**
 * The same of the rows of several queries together: where an index has rows in their order only one value of a column
 * at a time, each query names one.
 */
export async function mergeNewestFirst<Row extends { id: string }, T>(
  // oxlint-disable-next-line typescript/no-explicit-any -- Kysely's builder is invariant in its table; only `id` is used here
  queries: readonly SelectQueryBuilder<Database, any, Row>[],
  kind: IdPrefix,
  page: PageRequest,
  read: (row: Row) => T,
): Promise<Page<T>> {
  const after = page.after === undefined ? undefined : decodeCursor(page.after, kind);
  const parts: Row[][] = [];
  for (const query of queries)
    parts.push(
      await (after === undefined ? query : query.where("id", "<", after))
        .orderBy("id", "desc")
        .limit(limitOf(page) + 1)
        .execute(),
    );
  const [only = []] = parts;
  const rows =
    parts.length === 1 ? only : parts.flat().toSorted((one, other) => (one.id < other.id ? 1 : -1));
  const shown = rows.slice(0, limitOf(page));
  const last = shown.at(-1);
  return {
    data: shown.map(read),
    nextCursor: rows.length > limitOf(page) && last !== undefined ? encodeCursor(last.id) : null,
  };
}

function encodeCursor(id: string): string {
  return Buffer.from(id).toString("base64url");
}

/** Throws {@link UnknownCursorError} for what no list of this kind has given. */
function decodeCursor(cursor: string, kind: IdPrefix): string {
  const id = Buffer.from(cursor, "base64url").toString("utf8");
  if (
    encodeCursor(id) !== cursor ||
    !/^[a-z]+_[0-9a-z]{26}$/.test(id) ||
    !id.startsWith(`${kind}_`)
  )
    throw new UnknownCursorError("has to be the nextCursor of the page before");
  return id;
}
