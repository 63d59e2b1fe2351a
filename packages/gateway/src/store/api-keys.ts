import { toInstant, type Instant } from "@evergate/core";
import type { Selectable } from "kysely";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { compileOnce } from "./compile-once.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { ApiKeyTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

export interface ApiKey {
  readonly id: string;
  readonly kind: "operator" | "partner";
  readonly partner: PartnerId | null;
  readonly name: string;
  readonly hash: string;
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly revokedAt: Instant | null;
}

const selectByHash = compileOnce((db, { hash }: { hash: string }) =>
  db
    .selectFrom("api_keys")
    .leftJoin("partners", "partners.id", "api_keys.partner")
    .selectAll("api_keys")
    .select("partners.suspended_at")
    .where("api_keys.hash", "=", hash),
);

/** A key that was shown, and whether its partner is suspended. */
export async function findApiKeyByHash(
  db: Reader,
  hash: string,
): Promise<(ApiKey & { readonly isPartnerSuspended: boolean }) | undefined> {
  const [row] = await selectByHash(db, { hash });
  return row && { ...toApiKey(row), isPartnerSuspended: row.suspended_at !== null };
}

export async function findApiKey(db: Reader, id: string): Promise<ApiKey | undefined> {
  const row = await db.selectFrom("api_keys").selectAll().where("id", "=", id).executeTakeFirst();
  return row && toApiKey(row);
}

/** A key that nobody else rolls or revokes until the transaction ends. */
export async function lockApiKey(
  tx: Transaction,
  dialect: Dialect,
  id: string,
): Promise<ApiKey | undefined> {
  const query = tx.selectFrom("api_keys").selectAll().where("id", "=", id);
  const row = await (dialect === "postgres" ? query.forNoKeyUpdate() : query).executeTakeFirst();
  return row && toApiKey(row);
}

export async function insertApiKey(tx: Transaction, key: ApiKey): Promise<void> {
  await tx
    .insertInto("api_keys")
    .values({
      id: key.id,
      kind: key.kind,
      partner: key.partner,
      name: key.name,
      hash: key.hash,
      hint: key.hint,
      scopes: JSON.stringify(key.scopes),
      created_at: key.createdAt,
      expires_at: key.expiresAt,
      revoked_at: key.revokedAt,
    })
    .execute();
}

export async function updateApiKeyEnd(
  tx: Transaction,
  id: string,
  end: { expiresAt?: Instant; revokedAt?: Instant },
): Promise<void> {
  await tx
    .updateTable("api_keys")
    .set({
      ...(end.expiresAt === undefined ? {} : { expires_at: end.expiresAt }),
      ...(end.revokedAt === undefined ? {} : { revoked_at: end.revokedAt }),
    })
    .where("id", "=", id)
    .execute();
}

export async function listApiKeys(
  db: Reader,
  filter: { readonly kind?: string | undefined; readonly partner?: string | undefined },
  page: PageRequest,
): Promise<Page<ApiKey>> {
  let query = db.selectFrom("api_keys").selectAll();
  if (filter.kind !== undefined) query = query.where("kind", "=", filter.kind);
  if (filter.partner !== undefined) query = query.where("partner", "=", filter.partner);
  return listNewestFirst(query, "key", page, toApiKey);
}

export async function hasOperatorKey(db: Reader, now: Instant): Promise<boolean> {
  const row = await db
    .selectFrom("api_keys")
    .select("id")
    .where("kind", "=", "operator")
    .where("revoked_at", "is", null)
    .where((where) => where.or([where("expires_at", "is", null), where("expires_at", ">", now)]))
    .executeTakeFirst();
  return row !== undefined;
}

function toApiKey(row: Selectable<ApiKeyTable>): ApiKey {
  /* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written from an ApiKey */
  return {
    id: row.id,
    kind: row.kind as ApiKey["kind"],
    partner: row.partner === null ? null : toPartnerId(row.partner),
    name: row.name,
    hash: row.hash,
    hint: row.hint,
    scopes: JSON.parse(row.scopes) as string[],
    createdAt: toInstant(row.created_at),
    expiresAt: row.expires_at === null ? null : toInstant(row.expires_at),
    revokedAt: row.revoked_at === null ? null : toInstant(row.revoked_at),
  };
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}
