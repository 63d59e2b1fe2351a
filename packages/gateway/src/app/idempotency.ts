import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Instant } from "@evergate/core";
import { compileOnce } from "../store/compile-once.ts";
import { insertRows } from "../store/insert-rows.ts";
import type { Dialect, Transaction } from "../store/store.ts";
import type { SecretBox } from "../secrets/secret-box.ts";
import { ProblemError } from "./problem.ts";

/** An answer as it goes out, and as it is kept for the key's next use. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One use of an `Idempotency-Key`. */
export interface IdempotentCall {
  readonly owner: string;
  readonly key: string;
  readonly requestHash: string;
  /** The answer shows a secret: it is kept encrypted. */
  readonly isSecret: boolean;
}

/** What makes two requests the same: method, target and the body's bytes. */
export function hashRequest(method: string, target: string, body: string): string {
  return createHash("sha256").update(`${method} ${target}\n`).update(body).digest("base64url");
}

const selectAnswer = compileOnce((db, { owner, key }: { owner: string; key: string }) =>
  db.selectFrom("idempotency_keys").selectAll().where("owner", "=", owner).where("key", "=", key),
);

/**
 * Looks for the first answer to this key, and on PostgreSQL takes the key for this transaction.
 * Throws `idempotency_key_reused` where it was used for another request, `idempotency_key_in_use` while the first runs in another process.
 */
export async function findKeptAnswer(
  tx: Transaction,
  dialect: Dialect,
  call: IdempotentCall,
  box: SecretBox,
): Promise<Answer | undefined> {
  if (dialect === "postgres") {
    const { rows } = await sql<{
      taken: boolean;
    }>`select pg_try_advisory_xact_lock(hashtextextended(${`${call.owner} ${call.key}`}, 0)) as taken`.execute(
      tx,
    );
    if (rows[0]?.taken !== true) throw createInUseError();
  }
  const [row] = await selectAnswer(tx, { owner: call.owner, key: call.key });
  if (row === undefined) return undefined;
  if (row.request_hash !== call.requestHash)
    throw new ProblemError(
      "idempotency_key_reused",
      "This Idempotency-Key was used for another request. Use a new key for each new request.",
    );
  return {
    status: row.status,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by keepAnswer
    headers: JSON.parse(row.headers) as Record<string, string>,
    body: call.isSecret ? box.open(row.body, toPlace(call)) : row.body,
  };
}

/** Keeps the answer in the transaction of its effect. Losing a race for the key is harmless: the first answer stands. */
export async function keepAnswer(
  tx: Transaction,
  call: IdempotentCall,
  answer: Answer,
  box: SecretBox,
  now: Instant,
): Promise<void> {
  const row = {
    owner: call.owner,
    key: call.key,
    request_hash: call.requestHash,
    status: answer.status,
    headers: JSON.stringify(answer.headers),
    body: call.isSecret ? box.seal(answer.body, toPlace(call)) : answer.body,
    created_at: now,
  };
  await insertRows(tx, "idempotency_keys", [row], { key: ["owner", "key"], row: "stays" });
}

/** Forgets answers older than `before`, the oldest first, up to `limit`; answers how many. */
export async function forgetAnswers(
  tx: Transaction,
  before: Instant,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom("idempotency_keys")
    .where((where) =>
      where(
        where.refTuple("owner", "key"),
        "in",
        where
          .selectFrom("idempotency_keys")
          .select(["owner", "key"])
          .where("created_at", "<", before)
          .orderBy("created_at")
          .limit(limit)
          .$asTuple("owner", "key"),
      ),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export function createInUseError(): ProblemError {
  return new ProblemError(
    "idempotency_key_in_use",
    "The first request with this Idempotency-Key is still running. Try again in a moment.",
  );
}

function toPlace(call: IdempotentCall): string {
  return `idempotency_keys/${call.owner}/${call.key}`;
}
